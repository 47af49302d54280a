"""Rounding without bands: a fixed ordered pattern decides which way a value between two codes goes.

Bayer's matrix of 8 × 8 (An optimum method for two-level rendition of continuous-tone pictures, 1973), the same for all
channels, fixed to the picture: equal input gives equal bytes, and whole codes stay as they are.
"""

import numpy as np

from engine.images import Floats, Image

SIDE = 8


def dithered(values: Floats, first_row: int = 0) -> Image:
    """Round float32 [h,w,C] in code values, whose first row is `first_row` of its picture, to uint8."""
    height, width = values.shape[:2]
    rows = (np.arange(height) + first_row) % SIDE
    thresholds = _PATTERN[rows][:, np.arange(width) % SIDE]
    return np.asarray(np.clip(np.floor(values + thresholds[..., None]), 0, 255), np.uint8)


def _bayer(side: int) -> Floats:
    """The thresholds, evenly spread within 0 to 1, neither end included."""
    order = np.zeros((1, 1), np.int64)
    while len(order) < side:
        order = np.block([[4 * order, 4 * order + 2], [4 * order + 3, 4 * order + 1]])
    return np.asarray((order + 0.5) / side**2, np.float32)


_PATTERN = _bayer(SIDE)
