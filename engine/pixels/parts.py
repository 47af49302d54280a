"""What a matte consists of: the product's parts, stray islands, and holes, which are real or were only overlooked."""

from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.images import Floats, Image
from engine.pixels.quantiles import medians

_FAINT = 0.1
_LESSER_PART = 0.25
_SMALLEST_PART = 0.03  # of the largest part: a pair's second shoe is larger, a patch of carpet smaller
_SMALLEST_NEAR_PART = 0.001
_NEAR = 0.04  # of the frame's side
_LARGEST_PATCH = 0.08  # of the product: what is larger and missing is not overlooked
_PINHOLE = 0.0003
_ALIKE, _DARKEST_SHADE, _SOME = 14, 0.4, 0.02
_GROUNDS_OWN, _PRODUCTS_OWN = 0.35, 0.7
_SURE, _DEEP_PX = 0.97, 4
_EDGE_WINDOW = 7
_EDGE_SPREAD = 0.6

_BLACK = np.array([0, 128, 128], np.float32)  # in OpenCV's Lab of 8 bits

Mask = NDArray[np.bool_]


class _Colours:
    """A place's colours in Lab, and what is asked of them again for every patch: worked out when first asked."""

    def __init__(self, place: Mask, lab: Floats) -> None:
        self._colours: Floats = lab.reshape(-1, lab.shape[2]).take(np.flatnonzero(place), axis=0)

    def __len__(self) -> int:
        return len(self._colours)

    @cached_property
    def middle(self) -> Floats:
        """Channel by channel."""
        return np.asarray(medians(self._colours), np.float32)

    @cached_property
    def beyond_black(self) -> Floats:
        return np.ascontiguousarray(self._colours - _BLACK)

    @cached_property
    def squares(self) -> Floats:
        """The distances to black, squared."""
        return np.asarray(np.einsum("nc,nc->n", self.beyond_black, self.beyond_black), np.float32)

    @cached_property
    def lengths(self) -> Floats:
        """The same, of none less than 1."""
        return np.asarray(np.maximum(self.squares, 1), np.float32)


def product_share(matte: Floats) -> float:
    """The share of the frame that is more product than not."""
    return float((matte > 0.5).mean())


def expected_overlap(matte: Floats) -> float:
    """The intersection over union, 0 to 1, of `matte` > 0.5 and the product, if every value is a true probability.

    0 for a matte without a product.
    """
    product = matte > 0.5
    found, overlooked = float(matte[product].sum()), float(matte[~product].sum())
    return found / (float(product.sum()) + overlooked) if found else 0.0


def touched_borders(matte: Floats) -> list[str]:
    """The sides of the picture at which the product goes on beyond it: of top, bottom, left and right."""
    sides = {"top": matte[0], "bottom": matte[-1], "left": matte[:, 0], "right": matte[:, -1]}
    return [name for name, line in sides.items() if (line > 0.5).any()]


def tidy(matte: Floats, image: Image) -> Floats:
    """Return the matte [h,w] of `image` uint8 [h,w,3] without veils, stray islands and overlooked patches."""
    decided = _decided(matte)
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float32)
    kept = decided * _parts_kept(decided, lab)
    filled = np.maximum(kept, _overlooked(kept, lab))
    return np.maximum(filled, _depths(filled, lab))


def _decided(matte: Floats) -> Floats:
    """Push half-certain plains to either side; at an edge, where near values reach from clear to sure, change nothing.

    A frame's network is unsure of whole areas (a product's own shadow, a pale print); products are opaque.
    """
    window = np.ones((_EDGE_WINDOW, _EDGE_WINDOW), np.uint8)
    spread = cv2.dilate(matte, window) - cv2.erode(matte, window)
    plain = np.clip(_EDGE_SPREAD - spread, 0, 1) / np.float32(_EDGE_SPREAD)
    pushed = np.clip((matte - 0.5) * 4 + 0.5, 0, 1)
    return np.asarray(matte + plain * (pushed - matte), np.float32)


def _parts_kept(matte: Floats, lab: Floats) -> Mask:
    """Where the large parts are, and small ones near them (the end of a strap); a part counts by its sum of matte.

    A lesser part that looks like the ground around it (a tile's sheen, a fold of the cloth below) is none.
    """
    count, labels, _, _ = cv2.connectedComponentsWithStats(np.asarray(matte > _FAINT, np.uint8), connectivity=8)
    if count <= 2:
        return np.ones(matte.shape, bool)
    masses = np.bincount(labels.ravel(), matte.ravel(), count)
    masses[0] = 0
    shares = masses / masses.max()
    distance = cv2.distanceTransform(np.asarray(shares[labels] < _SMALLEST_PART, np.uint8), cv2.DIST_L2, 3)
    nearest = np.full(count, np.inf, np.float32)  # of the distances' type: `at` is slow where it converts
    np.minimum.at(nearest, labels.ravel(), distance.ravel())
    near = nearest <= _NEAR * max(matte.shape)
    kept = (shares >= _SMALLEST_PART) | ((shares >= _SMALLEST_NEAR_PART) & near)
    product = np.asarray((labels == shares.argmax()) & (matte > 0.5))
    for index in np.flatnonzero(kept & (shares < _LESSER_PART)):
        part = np.asarray(labels == index)
        ground = _Colours(_around(part) & (labels == 0), lab)
        kept[index] = index == 0 or not _nearer(_Colours(part, lab), ground, _Colours(product, lab), _GROUNDS_OWN)
    kept[0] = True
    return np.asarray(kept[labels])


def _overlooked(matte: Floats, lab: Floats) -> Floats:
    """1 over holes that are no holes: enclosed, small, and of the product's colour rather than the background's.

    A speck of a hole is filled whatever its colour. A bore or the gap below a handle shows the background and stays.
    """
    solid = np.asarray(matte > 0.5, np.uint8)
    count, labels, facts, _ = cv2.connectedComponentsWithStats(1 - solid, connectivity=4)
    outside = np.zeros(count, bool)
    outside[np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])] = True
    area = int(solid.sum())
    filled = np.zeros(matte.shape, np.float32)
    outside[0] = False
    ground = _Colours(outside[labels], lab)
    for index in range(1, count):
        size = int(facts[index, cv2.CC_STAT_AREA])
        if outside[index] or size > _LARGEST_PATCH * area:
            continue
        hole = np.asarray(labels == index)
        if size <= max(2, _PINHOLE * area) or _products_own(hole, _around(hole) & (solid > 0), ground, lab):
            filled[cv2.dilate(np.asarray(hole, np.uint8), np.ones((3, 3), np.uint8)) > 0] = 1
    return filled


def _depths(matte: Floats, lab: Floats) -> Floats:
    """1 deep in the product, where nothing clear is near: a half-certain print is opaque like the rest.

    What looks like the ground there stays half-certain: it may be the slit between a sleeve and the body.
    """
    padded = np.pad(np.asarray(matte > 0.5, np.uint8), 1, mode="edge")
    deep = np.asarray(cv2.distanceTransform(padded, cv2.DIST_L2, 3)[1:-1, 1:-1] > _DEEP_PX)
    sure, ground = matte > _SURE, _Colours(np.asarray(matte < _FAINT), lab)
    count, labels = cv2.connectedComponents(np.asarray(deep & ~sure, np.uint8), connectivity=8)
    opaque = deep & sure
    for index in range(1, count):
        patch = np.asarray(labels == index)
        if _products_own(patch, _around(patch) & sure, ground, lab):
            opaque |= patch
    return opaque.astype(np.float32)


def _around(place: Mask) -> Mask:
    return np.asarray(cv2.dilate(np.asarray(place, np.uint8), np.ones((9, 9), np.uint8)) > 0) & ~place


def _products_own(patch: Mask, rim: Mask, ground: _Colours, lab: Floats) -> bool:
    """Whether a patch that looks like a gap is product: of no colour of the ground, or rather of the rim's."""
    colours = _Colours(patch, lab)
    return not _shows(ground, colours) or _nearer(colours, _Colours(rim, lab), ground, _PRODUCTS_OWN)


def _shows(ground: _Colours, hole: _Colours) -> bool:
    """Whether some of the ground has the hole's colour, as it is or in the shade (nearer to black)."""
    if not len(ground):
        return True
    colour = hole.middle - _BLACK
    along = ground.beyond_black @ colour
    shade = along / ground.lengths
    np.minimum(np.maximum(shade, _DARKEST_SHADE, out=shade), 1, out=shade)
    # |s c - h|² = s (s c² - 2 c h) + h², so that no colour is touched once more
    away = shade * ground.squares
    away -= np.multiply(along, 2, out=along)
    away *= shade
    away += colour @ colour
    return bool((away < _ALIKE**2).mean() > _SOME)


def _nearer(place: _Colours, first: _Colours, second: _Colours, times: float) -> bool:
    """Whether the colour of `place` is nearer to that of `first` than `times` its distance to `second`'s, in Lab."""
    if not len(first) or not len(second):
        return False
    to_first, to_second = (np.linalg.norm(place.middle - other.middle) for other in (first, second))
    return bool(to_first < times * to_second)
