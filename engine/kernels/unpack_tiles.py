"""unpack_tiles: writes the cores of a batch of floats into uint8 HWC images; the halos are dropped.

The reference (and CPU path) and the table and launch of unpack_tiles.cu.
"""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.images import Floats, Image
from engine.kernels.launches import DeviceBatch, Launch, Table, ceil_divide, divide_blocks, make_launch, require_table
from engine.kernels.pack_tiles import BLOCK_GROUPS, GROUP

UNPACK_UNIT = np.dtype(
    [
        ("target", "<u8"),  # address of the uint8 image's first byte
        ("pitch_bytes", "<i8"),  # from one row to the next; a multiple of 4 is faster
        ("y", "<i4"),  # the core's place in the target, px
        ("x", "<i4"),
        ("height", "<i4"),  # the core's size, px
        ("width", "<i4"),
        ("slot", "<i4"),  # item of the batch
        ("row", "<i4"),  # where the core begins in the slot's output, px
        ("column", "<i4"),
        ("first_block", "<u4"),  # filled by unpack_tiles_launch
    ]
)

FAULT = np.dtype("<u4")
"""One flag for each unit: 1 where a value that the unit read is not finite."""


_BAND_ROWS = 32
"""Rows that are converted at once, so that what lies between stays in the cache: a core of 1,664 × 1,664 pixels takes
11 ms of CPU, and 40 converted whole. A photo of 12 megapixels enlarged four times has 69 of them."""


class Core(NamedTuple):
    """The rectangle of `image` that one tile is responsible for, in that (output) image's own pixels."""

    image: Image
    y: int
    x: int
    height: int
    width: int


class CoreStrip(NamedTuple):
    """A core and where its pixels lie in the batch: from `row` and `column` of item `slot`."""

    core: Core
    slot: int
    row: int
    column: int


def unpack_tiles(batch: Floats, cores: Sequence[Core], halo_px: int) -> None:
    """Write each core of `batch`, float32 [N,C,h,w] with `halo_px` output pixels to drop on top and left.

    C is 3 or 1, as in the images.

    What lies below and right of a core is dropped too. Values are clipped to 0..1 and become code values by
    floor(v * 255 + 0.5). Cores of one image must not overlap; then the order of tiles cannot matter.
    """
    assert len(cores) == len(batch), (len(cores), batch.shape)
    for tile, core in zip(batch, cores, strict=True):
        _write(tile[:, halo_px : halo_px + core.height, halo_px : halo_px + core.width], core)


def unpack_strips(batch: NDArray[np.floating], strips: Sequence[CoreStrip]) -> NDArray[np.uint32]:
    """Write cores that lie side by side in the slots of `batch`, float16 or float32 [N,C,h,w]; return their faults.

    A value that is not finite becomes 0 (NaN), 0 (-inf) or 255 (+inf), and its unit's fault is 1.
    For channels last pass a transposed view.
    """
    faults = np.zeros(len(strips), FAULT)
    for index, (core, slot, row, column) in enumerate(strips):
        values = batch[slot, :, row : row + core.height, column : column + core.width].astype(np.float32, copy=False)
        is_finite = bool(np.isfinite(values).all())
        faults[index] = not is_finite
        _write(values if is_finite else np.nan_to_num(values, nan=0.0, posinf=1.0, neginf=0.0), core)
    return faults


def unpack_tiles_launch(units: Table, units_address: int, batch: DeviceBatch, faults_address: int) -> Launch:
    """Fill `first_block` of `units` (UNPACK_UNIT) and describe the one launch that stitches them all.

    `batch` is the network's output, of 1 or 3 channels as the targets; `faults_address` that of one FAULT for each
    unit, to be cleared before the launch.
    Units must not overlap in their targets.
    """
    require_table(units, UNPACK_UNIT)
    per_row = ceil_divide(units["width"].astype(np.int64) * batch.line_elements, GROUP)
    blocks = divide_blocks(ceil_divide(per_row * units["height"], BLOCK_GROUPS), units["first_block"])
    addresses = np.uint64(units_address), np.uint32(len(units)), np.uint64(batch.address), np.uint64(faults_address)
    sizes = np.int32(batch.height), np.int32(batch.width)
    return make_launch("unpack_tiles.cu", f"unpack_tiles_{batch.variant}", blocks, (*addresses, *sizes))


def _write(values: NDArray[np.floating], core: Core) -> None:
    place = core.image[core.y : core.y + core.height, core.x : core.x + core.width]
    for top in range(0, core.height, _BAND_ROWS):
        band = values[:, top : top + _BAND_ROWS] * np.float32(255)
        band += np.float32(0.5)
        np.clip(band, 0, 255, out=band)
        codes = cv2.merge(list(band.astype(np.uint8)))  # the planes' bytes in turn, three times as fast as NumPy
        place[top : top + _BAND_ROWS] = codes.reshape(*band.shape[1:], -1)
