"""Which pixels of a small picture belong to the part that is meant: those of one cloth, prints and trims left out.

A colour alone does not say: coloured light and deep shade move a cloth's, and noise a pixel's. So what the cloth is off
its curve around each place is taken off first, islands that are hardly different are filled, and at the product's rim,
where a photo's coding mixes in the ground, what is further inside decides.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.images import Floats, Image
from engine.pixels.geometry import Box
from engine.pixels.recoloring_body import Body, close_to, densest_color, fit_body
from engine.pixels.recoloring_picks import PartNotFoundError, Pick
from engine.quality.metrics import delta_e2000

TOLERANCE = 15.0
"""ΔE2000 within which a product has "about" a colour that it is asked for."""

_REACH_PX = 8
_NEAR_POINT_PX = 2
_MOST_LOOKED_AT = 40000
_AMBIENT_RADIUS = 30  # of the long side
_AMBIENT_ROUNDS = 4
_MOST_AMBIENT = 15.0
_LEAST_COVER = 0.05
_ISLAND = 0.01  # of the product
_DOUBTFUL = 1.5  # times the tolerance
_SPECK_PX = 4
_SPECK_DOUBTFUL = 2.2
_SHADES = 0.13, 4.0  # of the body's light
_BRIGHTER = 14.0  # L*
_GREY, _WHITE = 8.0, 75.0  # chroma at most, L* at least
_CRISP = 0.6  # of the step is made within 5 pixels
_CRISP_AROUND = 0.75  # of the outline
_THICK = 0.3  # of a print's pixels have all neighbours in it

Mask = NDArray[np.bool_]
Place = tuple[int, int]
"""(row, column)."""


@dataclass(frozen=True)
class Product:
    """A product in a small picture, uint8 [h,w,3].

    `share`, [h,w] in 0..1, is how much of each pixel's colour is the product's; `inner` where nothing else is mixed in.
    """

    image: Image
    share: Floats
    inner: Mask
    lab: Floats


def membership(product: Product, pick: Pick) -> tuple[Body, Floats]:
    """Return the part's body and how much of each pixel is the part's, [h,w] in 0..1; `pick` is in its own pixels.

    It goes on beyond the product's outline and a box, which are left to the caller. Raises PartNotFoundError.
    """
    looked_at = product.inner
    if pick.box is not None:
        looked_at = looked_at & _mask_of(pick.box, looked_at.shape)
        if not looked_at.any():
            raise PartNotFoundError("box", "the box holds nothing of the product")
    pixels = _some(product.lab[looked_at])
    seed = _seed(product, pixels, pick)
    if not pick.keep_prints:
        return fit_body(pixels, seed).represented_by(pixels), np.ones(product.lab.shape[:2], np.float32)
    close = np.ones(product.lab.shape[:2], np.float32)
    if pick.by_color:
        close = close_to(seed, pick.tolerance).membership(product.lab)
        looked_at = looked_at & (close > 0.5)
        pixels = _some(product.lab[looked_at])
    body = fit_body(pixels, seed)
    evenly = replace(product, lab=_evenly_lit(replace(product, inner=product.inner & (close > 0.5)), body))
    own = _some(evenly.lab[looked_at & (body.membership(evenly.lab) > 0.5)])
    if pick.tolerance is not None:
        body = replace(body, tolerance=pick.tolerance)
    elif len(own):
        body = body.tolerating(own)
    member = np.minimum(_without_light_prints(body.membership(evenly.lab), body, product), close)
    member = _filled(member, body, evenly)
    member = _continued(member, product.inner)
    if pick.point is not None:
        member = _connected(member, (pick.point[1], pick.point[0]))
    own = _some(product.lab[looked_at & (member > 0.5)])
    return body.represented_by(own) if len(own) else body, member


def _seed(product: Product, pixels: Floats, pick: Pick) -> Floats:
    """The colour that the part has, in Lab."""
    if pick.point is not None:
        around = _around((pick.point[1], pick.point[0]))
        near = product.lab[around][product.share[around] > 0.5]
        if not len(near):
            raise PartNotFoundError("point", "the point is not on the product")
        return np.asarray(np.median(near, axis=0), np.float32)
    if pick.color is None:
        return densest_color(pixels)
    away = delta_e2000(pixels, np.broadcast_to(np.array(pick.color), pixels.shape))
    allowed = TOLERANCE if pick.tolerance is None else pick.tolerance
    if away.min() > allowed:
        found = f"the nearest that the product has is {away.min():.1f} ΔE2000 from it; allowed: {allowed:g}"
        raise PartNotFoundError("from", f"nothing has that colour: {found}")
    return densest_color(pixels[away <= allowed])


def _some(pixels: Floats) -> Floats:
    """Of pixels [n,3] as many as tell of all."""
    return pixels[:: max(1, len(pixels) // _MOST_LOOKED_AT)]


def _evenly_lit(product: Product, body: Body) -> Floats:
    """Lab with a* and b* less what the body's are off its curve on average around each pixel.

    Coloured light from one side, and the shade's own colour, change slowly over a cloth; a print does not.
    """
    lab = product.lab
    off = lab[..., 1:] - body.chroma_at(lab[..., 0])
    side = 2 * max(2, round(max(off.shape[:2]) / _AMBIENT_RADIUS)) + 1
    ambient = np.zeros_like(off)
    for _ in range(_AMBIENT_ROUNDS):
        own = body.membership(np.dstack((lab[..., 0], lab[..., 1:] - ambient))) * product.inner
        total = cv2.blur(own, (side, side))[..., None] + np.float32(_LEAST_COVER)
        ambient = cv2.blur(off * own[..., None], (side, side)) / total
        far = np.maximum(np.hypot(ambient[..., 0], ambient[..., 1]), np.float32(1e-3))
        ambient = ambient * np.minimum(1, _MOST_AMBIENT / far)[..., None]
    return np.dstack((lab[..., 0], lab[..., 1:] - ambient)).astype(np.float32)


def _without_light_prints(member: Floats, body: Body, product: Product) -> Floats:
    """Without what is all but white, and that at once and all around: a white logo on grey cloth, but no highlight.

    Colour tells no print from a grey cloth's light. Darker patches with as sharp an outline are too often the cloth
    itself, such as the inside of a collar; and on what has a hue, lighter ones are parts in the sun.
    """
    lightness = product.lab[..., 0]
    if float(np.hypot(*body.lab[1:])) > _GREY:
        return member
    bright = (member > 0) & product.inner & (lightness > body.lab[0] + _BRIGHTER)
    count, labels, facts, _ = cv2.connectedComponentsWithStats(np.asarray(bright, np.uint8), connectivity=8)
    window = np.ones((5, 5), np.uint8)
    step = cv2.dilate(lightness, window) - cv2.erode(lightness, window)
    kept = member.copy()
    for index in range(1, count):
        left, top, width, height, area = (int(fact) for fact in facts[index])
        place = np.s_[max(0, top - 4) : top + height + 4, max(0, left - 4) : left + width + 4]
        patch = labels[place] == index
        if area > _SPECK_PX**2 and _is_print(patch, lightness[place], step[place]):
            print_ = cv2.dilate(np.asarray(patch, np.uint8), np.ones((3, 3), np.uint8)) > 0
            kept[place][print_ & (lightness[place] > body.lab[0] + _BRIGHTER / 2)] = 0
    return kept


def _is_print(patch: Mask, lightness: Floats, step: Floats) -> bool:
    """Whether a patch is no thread or edge, and its lightness sets in at once almost everywhere around it."""
    inside, near, far = (
        cv2.morphologyEx(np.asarray(patch, np.uint8), operation, np.ones((side, side), np.uint8)) > 0
        for operation, side in ((cv2.MORPH_ERODE, 3), (cv2.MORPH_DILATE, 3), (cv2.MORPH_DILATE, 9))
    )
    outline, ring = near & ~patch, far & ~near
    if inside.sum() < _THICK * patch.sum() or not ring.any():
        return False
    contrast = float(np.median(lightness[inside]) - np.median(lightness[ring]))
    white = float(np.median(lightness[inside])) > _WHITE
    return white and contrast > _BRIGHTER and float((step[outline] > _CRISP * contrast).mean()) > _CRISP_AROUND


def _filled(member: Floats, body: Body, product: Product) -> Floats:
    """With the small islands that are hardly of another colour: noise, and light that the curve does not know."""
    islands = np.asarray((member < 0.5) & product.inner, np.uint8)
    count, labels = cv2.connectedComponents(islands, connectivity=8)
    beside = body.distance(product.lab)
    sizes = np.maximum(np.bincount(labels.ravel(), minlength=count), 1)
    away = np.bincount(labels.ravel(), np.minimum(beside, 100).ravel(), count) / sizes
    lightness = np.bincount(labels.ravel(), product.lab[..., 0].ravel(), count) / sizes
    light = ((lightness + 16) / (body.lab[0] + 16)) ** 3
    alike = (away < _DOUBTFUL * body.tolerance) & (light > _SHADES[0]) & (light < _SHADES[1])
    specks = (sizes <= _SPECK_PX) & (away < _SPECK_DOUBTFUL * body.tolerance)
    fills = specks | (alike & (sizes <= _ISLAND * product.inner.sum()))
    fills[0] = False
    around = cv2.dilate(np.asarray(fills[labels], np.uint8), np.ones((3, 3), np.uint8)) > 0
    filled = fills[labels] | (around & (beside < _DOUBTFUL * body.tolerance))
    return np.where(filled, 1, member).astype(np.float32)


def _continued(member: Floats, inner: Mask) -> Floats:
    """At the product's rim, and beyond, what the nearest pixel inside is."""
    outside = np.asarray(~inner, np.uint8)
    away, nearest = cv2.distanceTransformWithLabels(outside, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    known = np.zeros(int(nearest.max()) + 1, np.float32)
    known[nearest[inner]] = member[inner]
    return np.where(away <= _REACH_PX, known[nearest], member).astype(np.float32)


def _connected(member: Floats, at: Place) -> Floats:
    """Only what hangs together with what lies at a place."""
    _, labels = cv2.connectedComponents(np.asarray(member > 0.5, np.uint8), connectivity=8)
    found = labels[_around(at)]
    if not found.any():
        raise PartNotFoundError("point", "the point is on no part of one colour")
    own = np.asarray(labels == np.bincount(found[found > 0]).argmax(), np.uint8)
    return np.asarray(member * cv2.dilate(own, np.ones((3, 3), np.uint8)), np.float32)


def _around(at: Place) -> tuple[slice, slice]:
    row, column = (slice(max(0, each - _NEAR_POINT_PX), each + _NEAR_POINT_PX + 1) for each in at)
    return row, column


def _mask_of(box: Box, shape: tuple[int, ...]) -> Mask:
    mask = np.zeros(shape, np.bool_)
    mask[box.y : box.y + box.height, box.x : box.x + box.width] = True
    return mask
