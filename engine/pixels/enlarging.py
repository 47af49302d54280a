"""Maps made at a small size, read at a larger one, a strip of rows at a time, so that no whole float map is needed."""

from collections.abc import Iterator

import cv2
import numpy as np

from engine.images import Floats
from engine.pixels.strips import row_strips

STRIP_PX = 1 << 18
"""Pixels of a strip: some ten float maps of it stay within a few dozen MB."""


def strips(height: int, width: int) -> Iterator[slice]:
    """The rows of a picture, strip by strip, for work with such maps."""
    return row_strips(height, width, STRIP_PX)


def enlarged_rows(small: Floats, size: tuple[int, int], rows: slice) -> Floats:
    """Return `rows` of float32 [h,w] or [h,w,C] `small` enlarged to `size` (height, width), bilinear.

    Pixel centres meet as in OpenCV's and Pillow's resize: the strips together are the whole map enlarged at once.
    """
    if small.shape[:2] == size:
        return small[rows]
    height, width = size
    at = (np.arange(rows.start, rows.stop, dtype=np.float32) + 0.5) * np.float32(small.shape[0] / height) - 0.5
    at = np.clip(at, 0, small.shape[0] - 1)
    low = np.minimum(at.astype(np.int64), max(0, small.shape[0] - 2))
    share = (at - low).reshape((-1,) + (1,) * (small.ndim - 1)).astype(np.float32)
    high = np.minimum(low + 1, small.shape[0] - 1)
    between = small[low] * (1 - share) + small[high] * share
    stretched = cv2.resize(between, (width, len(at)), interpolation=cv2.INTER_LINEAR)
    return np.asarray(stretched, np.float32).reshape((len(at), width, *small.shape[2:]))
