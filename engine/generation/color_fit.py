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
_SIDE_PX = 32  # the picture is looked at so small
_FEWEST = 4  # pixels of that which show a colour
_LEAST_SECOND = 0.06  # of a product: what is asked for with less is no second colour

Doubles = NDArray[np.float64]


def color_difference(picture: Image, condition: Floats) -> float:
    """Return the ΔE2000 between the colours that a condition asks for and those of a uint8 [H,W,3] product on white.

    Of two colours the mean, weighted by the shares asked for: each pixel counts as the one that it is nearer to,
    lightness halved. As in `dominant`, a colour's value is that of the lighter half of its pixels, since folds only
    darken; and only of the half that is nearest to them all in hue, so that soles and buttons have no say.
    `NOTHING_SEEN` for a picture of nothing.
    """
    pixels = _product_pixels(picture)
    if not len(pixels):
        return NOTHING_SEEN
    lab = srgb_to_lab(pixels)
    asked, share = colors_of(condition).astype(np.float64), float(condition[COLORS_AT + 6])
    if share < _LEAST_SECOND:
        return _difference(lab, asked[0])
    halved = np.array([0.5, 1.0, 1.0])
    apart = (((lab[:, None] - asked[None]) * halved) ** 2).sum(axis=2)
    nearer = apart.argmin(axis=1)
    parts = [lab[nearer == k] if (nearer == k).sum() >= _FEWEST else lab for k in range(2)]
    return (1 - share) * _difference(parts[0], asked[0]) + share * _difference(parts[1], asked[1])


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
