"""A picture's means over blocks of 16 × 16 pixels, taken a strip at a time. Knows not what is measured in them."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from engine.images import Image
from engine.pixels.strips import row_strips

BLOCK_PX = 16
STRIP_PX = 1 << 20
"""Pixels taken at a time, so that a large photo needs no float copy of itself."""


def block_strips(image: Image) -> Iterator[slice]:
    """Yield the rows of whole blocks, strip by strip; all rows where there are fewer than a block's."""
    height, width = image.shape[:2]
    for blocks in row_strips(max(1, height // BLOCK_PX), width * BLOCK_PX, STRIP_PX):
        yield slice(blocks.start * BLOCK_PX, min(blocks.stop * BLOCK_PX, height))


def block_means(plane: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the mean of each whole block of a plane [h,w], [N]; a plane smaller than a block is one block."""
    height, width = plane.shape
    side_y, side_x = min(BLOCK_PX, height), min(BLOCK_PX, width)
    whole = plane[: height // side_y * side_y, : width // side_x * side_x]
    cut = whole.reshape(height // side_y, side_y, width // side_x, side_x)
    return np.asarray(cut.mean(axis=(1, 3), dtype=np.float64).ravel())
