"""Pictures and holes at half their size, for what is done from coarse to fine."""

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.images import Floats


def halve(values: Floats) -> Floats:
    """Means over 2 × 2 pixels of values [H,W] or [H,W,C], H and W at least 1; an odd last row or column is repeated."""
    rows, columns = values.shape[0] % 2, values.shape[1] % 2
    even = np.pad(values, ((0, rows), (0, columns), *[(0, 0)] * (values.ndim - 2)), mode="edge")
    return np.asarray(cv2.resize(even, (even.shape[1] // 2, even.shape[0] // 2), interpolation=cv2.INTER_AREA))


def halve_hole(hole: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A hole [H,W] at half size: every cell that any hole pixel touches."""
    rows, columns = hole.shape[0] % 2, hole.shape[1] % 2
    even = np.pad(hole, ((0, rows), (0, columns)))
    return np.asarray(even[::2, ::2] | even[1::2, ::2] | even[::2, 1::2] | even[1::2, 1::2])
