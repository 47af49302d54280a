"""What a matte consists of: the product's parts, stray islands, and holes, which are real or were only overlooked."""

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.images import Floats, Image

_FAINT = 0.1
_SMALLEST_PART = 0.03  # of the largest part: a pair's second shoe is larger, a patch of carpet smaller
_SMALLEST_NEAR_PART = 0.001
_NEAR = 0.04  # of the frame's side
_LARGEST_PATCH = 0.02  # of the product: what is larger and missing is not overlooked
_PINHOLE = 0.0003
_EDGE_WINDOW = 7
_EDGE_SPREAD = 0.6


def product_share(matte: Floats) -> float:
    """The share of the frame that is more product than not."""
    return float((matte > 0.5).mean())


def touched_borders(matte: Floats) -> list[str]:
    """The sides of the picture at which the product goes on beyond it: of top, bottom, left and right."""
    sides = {"top": matte[0], "bottom": matte[-1], "left": matte[:, 0], "right": matte[:, -1]}
    return [name for name, line in sides.items() if (line > 0.5).any()]


def tidy(matte: Floats, image: Image) -> Floats:
    """Return the matte [h,w] of `image` uint8 [h,w,3] without veils, stray islands and overlooked patches."""
    decided = _decided(matte)
    kept = decided * _parts_kept(decided)
    return np.maximum(kept, _overlooked(kept, image))


def _decided(matte: Floats) -> Floats:
    """Push half-certain plains to either side; at an edge, where near values reach from clear to sure, change nothing.

    A frame's network is unsure of whole areas (a product's own shadow, a pale print); products are opaque.
    """
    window = np.ones((_EDGE_WINDOW, _EDGE_WINDOW), np.uint8)
    spread = cv2.dilate(matte, window) - cv2.erode(matte, window)
    plain = np.clip(_EDGE_SPREAD - spread, 0, 1) / np.float32(_EDGE_SPREAD)
    pushed = np.clip((matte - 0.5) * 4 + 0.5, 0, 1)
    return np.asarray(matte + plain * (pushed - matte), np.float32)


def _parts_kept(matte: Floats) -> NDArray[np.bool_]:
    """Where the large parts are, and small ones near them (the end of a strap); a part counts by its sum of matte."""
    count, labels, _, _ = cv2.connectedComponentsWithStats(np.asarray(matte > _FAINT, np.uint8), connectivity=8)
    if count <= 2:
        return np.ones(matte.shape, bool)
    masses = np.bincount(labels.ravel(), matte.ravel(), count)
    masses[0] = 0
    shares = masses / masses.max()
    large = np.isin(labels, np.flatnonzero(shares >= _SMALLEST_PART))
    distance = cv2.distanceTransform(np.asarray(~large, np.uint8), cv2.DIST_L2, 3)
    nearest = np.full(count, np.inf)
    np.minimum.at(nearest, labels.ravel(), distance.ravel())
    reach = _NEAR * max(matte.shape)
    kept = (shares >= _SMALLEST_PART) | ((shares >= _SMALLEST_NEAR_PART) & (nearest <= reach))
    kept[0] = True
    return np.asarray(kept[labels])


def _overlooked(matte: Floats, image: Image) -> Floats:
    """1 over holes that are no holes: enclosed, small, and of the product's colour rather than the background's.

    A speck of a hole is filled whatever its colour. A bore or the gap below a handle shows the background and stays.
    """
    solid = np.asarray(matte > 0.5, np.uint8)
    count, labels, facts, _ = cv2.connectedComponentsWithStats(1 - solid, connectivity=4)
    outside = set(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]).tolist())
    area = int(solid.sum())
    filled = np.zeros(matte.shape, np.float32)
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float32)
    ground = np.isin(labels, sorted(outside - {0}))
    for index in range(1, count):
        size = int(facts[index, cv2.CC_STAT_AREA])
        if index in outside or size > _LARGEST_PATCH * area:
            continue
        hole = np.asarray(labels == index)
        if size <= max(2, _PINHOLE * area) or _like_the_product(hole, solid > 0, ground, lab):
            filled[cv2.dilate(np.asarray(hole, np.uint8), np.ones((3, 3), np.uint8)) > 0] = 1
    return filled


def _like_the_product(
    hole: NDArray[np.bool_], product: NDArray[np.bool_], ground: NDArray[np.bool_], lab: Floats
) -> bool:
    """Whether the hole's colour is nearer to its rim's than to that of the background around the product."""
    rim = (cv2.dilate(np.asarray(hole, np.uint8), np.ones((9, 9), np.uint8)) > 0) & product
    if not rim.any() or not ground.any():
        return False
    colour = np.median(lab[hole], axis=0)
    to_rim, to_ground = (np.linalg.norm(colour - np.median(lab[place], axis=0)) for place in (rim, ground))
    return bool(to_rim < 0.7 * to_ground)
