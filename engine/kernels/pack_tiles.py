"""pack_tiles: gathers windows of uint8 HWC images into one float32 NCHW batch, extending each image by reflection."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.images import Floats, Image


class Window(NamedTuple):
    """Where a window begins in its image, in pixels; it may begin before 0 and end beyond the image."""

    image: Image
    y: int
    x: int


def pack_tiles(windows: Sequence[Window], batch: Floats) -> None:
    """Fill `batch`, float32 [N,3,h,w], with N windows of h × w pixels, as sRGB code values / 255.

    Outside its image a window sees it mirrored at its border pixels (not repeated; as often as a tiny image needs).
    Reads each source in place: nothing larger than one window is allocated.
    """
    assert len(windows) == len(batch), (len(windows), batch.shape)
    height, width = batch.shape[2:]
    for window, tile in zip(windows, batch, strict=True):
        pixels = _gather(window, height, width)
        np.divide(pixels.transpose(2, 0, 1), np.float32(255), out=tile, dtype=np.float32)


def reflect(start: int, count: int, size: int) -> NDArray[np.intp]:
    """Map positions start .. start+count-1 into 0..size-1, mirrored at both borders, as numpy.pad's "reflect" does."""
    positions = np.arange(start, start + count)
    if size == 1:
        return np.zeros(count, np.intp)
    folded = positions % (2 * size - 2)
    return np.minimum(folded, 2 * size - 2 - folded)


def _gather(window: Window, height: int, width: int) -> Image:
    image, y, x = window
    if y >= 0 and x >= 0 and y + height <= image.shape[0] and x + width <= image.shape[1]:
        return image[y : y + height, x : x + width]  # wholly inside: a view, no gather
    rows = image[reflect(y, height, image.shape[0])[:, None], reflect(x, width, image.shape[1])]
    return np.asarray(rows)
