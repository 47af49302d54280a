"""Puts a cut-out product in the middle of a white square, where catalogues show it and measures look at it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from engine.generation.cutouts import Cutout
from engine.images import Floats, Image

SHARE_OF_SIDE = 0.9
_SEEN = 26  # of 255: fainter pixels do not widen the product's box


@dataclass(frozen=True)
class Centred:
    """A product in the middle of a white square."""

    image: Image  # uint8 [size,size,3]
    matte: Floats  # [size,size] in 0..1
    aspect: float  # the height of the product's box by its width


def placed(cutout: Cutout, size_px: int) -> Centred:
    """Return the product so scaled that the longer side of its box is `SHARE_OF_SIDE` of a square of `size_px`.

    Raises ValueError where nothing of it is to be seen.
    """
    rows, columns = product_box(cutout.alpha)
    height, width = rows.stop - rows.start, columns.stop - columns.start
    scale = SHARE_OF_SIDE * size_px / max(height, width)
    small = _scaled(cutout, (rows, columns), (max(1, round(height * scale)), max(1, round(width * scale))))
    square = np.zeros((size_px, size_px, 4), np.float32)
    top, left = ((size_px - length) // 2 for length in small.shape[:2])
    square[top : top + small.shape[0], left : left + small.shape[1]] = small
    matte = np.clip(square[..., 3], 0, 1)
    on_white = square[..., :3] + 255 * (1 - matte[..., None])
    return Centred(np.asarray(np.clip(np.rint(on_white), 0, 255), np.uint8), matte, height / width)


def _scaled(cutout: Cutout, part: tuple[slice, slice], size: tuple[int, int]) -> Floats:
    """The (rows, columns) of a cutout at another (height, width): colours times alpha, and alpha, [h,w,4].

    Scaled with their alpha, so that no colour of a clear pixel comes into the edge.
    """
    alpha = cutout.alpha[part].astype(np.float32)[..., None] / np.float32(255)
    premultiplied = np.concatenate([cutout.colors[part] * alpha, alpha], axis=2).astype(np.float32)
    way = cv2.INTER_AREA if size[0] < premultiplied.shape[0] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(premultiplied, size[::-1], interpolation=way), np.float32)


def product_box(alpha: Image) -> tuple[slice, slice]:
    """Return the (rows, columns) of what is seen of a product by its uint8 [H,W] alpha; ValueError for nothing."""
    if not (alpha > _SEEN).any():
        raise ValueError(f"no product is to be seen: its alpha is at most {alpha.max(initial=0)}; needed: {_SEEN + 1}")
    spans = []
    for axis in (1, 0):
        taken = np.flatnonzero((alpha > _SEEN).any(axis=axis))
        spans.append(slice(int(taken[0]), int(taken[-1]) + 1))
    return spans[0], spans[1]
