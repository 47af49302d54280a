"""Masks that say where: out of boxes, out of a picture, made wider. A mask is bool [H,W], True inside."""

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.images import Image
from engine.pixels.geometry import Box

LIGHT = 128
"""The least grey value that counts as inside."""

_ASPECT_TOLERANCE = 0.01


def mask_of_boxes(width: int, height: int, boxes: Iterable[Box]) -> NDArray[np.bool_]:
    """A mask of width × height pixels that is True in the boxes; what leaves the picture is left out."""
    mask = np.zeros((height, width), np.bool_)
    for box in boxes:
        mask[box.y : box.y + box.height, box.x : box.x + box.width] = True
    return mask


def mask_of_picture(rgb: Image, alpha: Image | None, width: int, height: int) -> NDArray[np.bool_]:
    """A mask of width × height pixels, True where a picture [H,W,3] is light; what is transparent counts as dark.

    A picture of another size but the same aspect is scaled, each pixel taking the nearest. Raises ValueError where the
    aspects differ by more than 1 %, and by more than half a pixel.
    """
    own_height, own_width = rgb.shape[:2]
    across, down = own_width / width, own_height / height
    rounding = 0.5 / min(width, height) + 0.5 / min(own_width, own_height)
    if abs(across / down - 1) > max(_ASPECT_TOLERANCE, rounding):
        raise ValueError(f"a mask has the size {width} × {height} or its aspect; received {own_width} × {own_height}")
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    light = grey >= LIGHT if alpha is None else (grey >= LIGHT) & (alpha >= LIGHT)
    if (own_width, own_height) == (width, height):
        return np.asarray(light)
    scaled = cv2.resize(light.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
    return np.asarray(scaled > 0)


def grow(mask: NDArray[np.bool_], by_px: int) -> NDArray[np.bool_]:
    """The mask and all pixels within `by_px` of it."""
    if by_px == 0 or not mask.any():
        return mask
    distance = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(distance <= by_px)
