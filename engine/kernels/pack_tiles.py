"""pack_tiles: gathers windows of uint8 HWC images into one batch of floats, extending each image by reflection.

The reference (and CPU path) and the table and launch of pack_tiles.cu.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.images import Floats, Image
from engine.kernels.launches import (
    THREADS,
    DeviceBatch,
    Launch,
    Table,
    ceil_divide,
    divide_blocks,
    make_launch,
    require_table,
)

PACK_UNIT = np.dtype(
    [
        ("source", "<u8"),  # address of the uint8 image's first byte
        ("pitch_bytes", "<i8"),  # from one row to the next
        ("image_height", "<i4"),
        ("image_width", "<i4"),
        ("y", "<i4"),  # where the window begins in the image, px; may be negative
        ("x", "<i4"),
        ("slot", "<i4"),  # item of the batch
        ("slot_x", "<i4"),  # left edge in the slot, px
        ("width", "<i4"),  # px, halo and padding included; the height is the slot's
        ("first_block", "<u4"),  # filled by pack_tiles_launch
    ]
)

GROUP = 4
"""Pixels (NCHW) or elements (NHWC) that a thread converts at once."""

BLOCK_GROUPS = 4 * THREADS
"""Groups of one block."""


class Window(NamedTuple):
    """Where a window begins in its image, in pixels; it may begin before 0 and end beyond the image."""

    image: Image
    y: int
    x: int


class Strip(NamedTuple):
    """A window of `width` pixels and the slot's height, and its place: columns from `slot_x` of item `slot`."""

    window: Window
    slot: int
    slot_x: int
    width: int


def pack_tiles(windows: Sequence[Window], batch: Floats) -> None:
    """Fill `batch`, float32 [N,C,h,w], with N windows of h × w pixels of C channels, 3 or 4, as code values / 255.

    Outside its image a window sees it mirrored at its border pixels (not repeated; as often as a tiny image needs).
    Reads each source in place: nothing larger than one window is allocated.
    """
    assert len(windows) == len(batch), (len(windows), batch.shape)
    pack_strips([Strip(window, slot, 0, batch.shape[3]) for slot, window in enumerate(windows)], batch)


def pack_strips(strips: Sequence[Strip], batch: NDArray[np.floating]) -> None:
    """Write windows side by side into the slots of `batch`, float16 or float32 [N,C,h,w]; leave what lies between.

    The quotient by 255 is rounded to float32, then to the batch's type. For channels last pass a transposed view.
    """
    for window, slot, slot_x, width in strips:
        pixels = _gather(window, batch.shape[2], width)
        place = batch[slot, :, :, slot_x : slot_x + width]
        np.divide(pixels.transpose(2, 0, 1), np.float32(255), out=place, dtype=np.float32, casting="same_kind")


def pack_tiles_launch(units: Table, units_address: int, batch: DeviceBatch) -> Launch:
    """Fill `first_block` of `units` (PACK_UNIT) and describe the one launch that packs them all.

    `batch` is the network's input, of 3 or 4 channels as the images; each unit covers the whole height of its slot,
    and its columns must lie in it.
    Units must not overlap. What lies between them is not written: clear the buffer once, when it is made.
    """
    require_table(units, PACK_UNIT)
    per_row = ceil_divide(units["width"].astype(np.int64) * batch.line_elements, GROUP)
    blocks = divide_blocks(ceil_divide(per_row * batch.height, BLOCK_GROUPS), units["first_block"])
    addresses = np.uint64(units_address), np.uint32(len(units)), np.uint64(batch.address)
    sizes = np.int32(batch.height), np.int32(batch.width)
    return make_launch("pack_tiles.cu", f"pack_tiles_{batch.variant}", blocks, (*addresses, *sizes))


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
