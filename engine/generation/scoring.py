"""How fit one made picture is for a shop, by its pixels alone: plain functions, the higher the better.

Pictures are uint8 [H,W,3], a product on white, as generators make them and catalogues hold them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.images import Image
from engine.quality.metrics import luma_bt601

WHITE = 250
"""What is no darker than that in any channel is ground; the rest is product."""

_MARGIN = 0.04  # of a side: the ring around the picture that a centred product leaves free
_REBLUR = 0.04  # of a side: the window that sharp edges lose by and soft ones do not

Mask = NDArray[np.bool_]


def product_mask(picture: Image) -> Mask:
    """Return where a uint8 [H,W,3] picture shows something other than its white ground, [H,W]."""
    red, green, blue = (picture[..., channel] < WHITE for channel in range(3))  # ten times as fast as min(axis=2)
    return np.asarray(red | green | blue)


def presence(picture: Image) -> float:
    """Return the product's share of the picture, 0 to 1."""
    return float(product_mask(picture).mean())


def sharpness(picture: Image) -> float:
    """Return what share of its edges' energy a picture loses by being blurred, 0 to 1; 0 for one without edges.

    The no-reference measure of Crete et al., "The blur effect" (2007), turned round: a soft picture has little left to
    lose. Contrast does not matter, nor how many edges there are. We deviate in the window, which goes with the size of
    the picture; in taking both directions together, as a product may have edges in one alone; and in weighing each
    step by itself, or the faint grain of an upsampling network would pass for sharp edges.
    """
    luma = luma_bt601(picture)
    window = max(3, round(_REBLUR * max(luma.shape)) | 1)
    edges = lost = 0.0
    for axis, size in ((1, (window, 1)), (0, (1, window))):
        steps, blurred = (
            np.abs(np.diff(plane, axis=axis)) for plane in (luma, cv2.blur(luma, size, borderType=cv2.BORDER_REPLICATE))
        )
        edges += float((steps**2).sum())
        lost += float((steps * np.maximum(steps - blurred, 0)).sum())
    return lost / edges if edges > 0 else 0.0


def cleanness(picture: Image) -> float:
    """Return the share of the picture's margin that is white, 0 to 1: haze, specks and bleeding products lower it."""
    height, width = picture.shape[:2]
    ring = np.ones((height, width), bool)
    down, across = (max(1, round(_MARGIN * side)) for side in (height, width))
    ring[down : height - down, across : width - across] = False
    return float(1 - product_mask(picture)[ring].mean())


def clearance(picture: Image) -> float:
    """Return 1 less the largest share of the product's width or height along which it touches one side, 0 to 1."""
    product = product_mask(picture)
    height, width = (max(1, int(product.any(axis=axis).sum())) for axis in (1, 0))
    lines = ((product[0], width), (product[-1], width), (product[:, 0], height), (product[:, -1], height))
    return 1 - max(float(line.sum()) / extent for line, extent in lines)


SCORES: Mapping[str, Callable[[Image], float]] = MappingProxyType(
    {"presence": presence, "sharpness": sharpness, "cleanness": cleanness, "clearance": clearance}
)
"""Every score of this module by its name."""
