"""How far a made product's colours are from those asked for: cheap enough to ask of every candidate."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.generation.condition import COLORS_AT, colors_of
from engine.generation.scoring import product_mask
from engine.images import Floats, Image
from engine.quality.metrics import delta_e2000, srgb_to_lab

NOTHING_SEEN = 100.0
_SIDE_PX = 32  # a picture of one colour is looked at so small
_EVERY = 3  # pixel in a row or column of one with two is looked at: made small, narrow stripes would be mixed
_FEWEST = 20  # pixels of those that show a colour
_BETWEEN = 1 / 3, 2 / 3  # of the way from the one colour to the other, where threads of both lie side by side
_LEAST_SECOND = 0.06  # of a product: what is asked for with less is no second colour

Doubles = NDArray[np.float64]


def color_difference(picture: Image, condition: Floats) -> float:
    """Return the ΔE2000 between the colours that a condition asks for and those of a uint8 [H,W,3] product on white.

    Of two colours the mean, weighted by the shares asked for: a pixel counts as the one that it is nearer to, lightness
    halved, and what lies about the middle as neither. As in `dominant`, a colour's value is that of the lighter half of
    its pixels, since folds only darken; and only of the half that is nearest to them all in hue, so that soles and
    buttons have no say.
    `NOTHING_SEEN` for a picture of nothing.
    """
    asked, share = colors_of(condition).astype(np.float64), float(condition[COLORS_AT + 6])
    pixels = _product_pixels(picture) if share < _LEAST_SECOND else _inner_pixels(picture)
    if not len(pixels):
        return NOTHING_SEEN
    lab = srgb_to_lab(pixels)
    if share < _LEAST_SECOND:
        return _difference(lab, asked[0])
    first, second = _parted(lab, asked)
    return (1 - share) * _difference(first, asked[0]) + share * _difference(second, asked[1])


def _parted(lab: Doubles, asked: Doubles) -> tuple[Doubles, Doubles]:
    """Return the pixels [n,3] that count as each of two colours [2,3]: all, where too few are near one of them."""
    halved = np.array([0.5, 1.0, 1.0])
    way = (asked[1] - asked[0]) * halved
    place = ((lab - asked[0]) * halved) @ way / max(float(way @ way), 1e-9)  # 0 at the first colour, 1 at the second
    found = []
    for clearly, nearer in ((place < _BETWEEN[0], place < 0.5), (place > _BETWEEN[1], place >= 0.5)):
        chosen = clearly if clearly.sum() >= _FEWEST else nearer
        found.append(lab[chosen] if chosen.sum() >= _FEWEST else lab)
    return found[0], found[1]


def _inner_pixels(picture: Image) -> Image:
    """Pixels [n,3] of the product, evenly taken, none of them at its rim; of a thin or small one, all there are."""
    product = product_mask(picture)
    inner = cv2.erode(np.asarray(product, np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    grid = np.zeros_like(inner)
    grid[_EVERY // 2 :: _EVERY, _EVERY // 2 :: _EVERY] = True
    chosen = next((mask for mask in (inner & grid, inner) if mask.sum() >= _FEWEST), product)
    return np.asarray(picture[chosen], np.uint8)


def _product_pixels(picture: Image) -> Image:
    """The pixels [n,3] of a picture made small that are all product, or those that are most so."""
    mask = np.asarray(product_mask(picture), np.uint8) * 255
    small, share = (cv2.resize(plane, (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA) for plane in (picture, mask))
    most = int(share.max())
    return np.asarray(small[share >= most], np.uint8) if most else np.zeros((0, 3), np.uint8)


def _difference(lab: Doubles, asked: Doubles) -> float:
    """ΔE2000 of the main colour of pixels [n,3] to a Lab value [3]."""
    away = ((lab[:, 1:] - np.median(lab[:, 1:], axis=0)) ** 2).sum(axis=1)
    main = lab[away <= np.median(away)]
    lit = main[main[:, 0] >= np.median(main[:, 0])].mean(axis=0)
    return float(delta_e2000(lit, asked))
