"""pack_frames: averages whole uint8 HWC images into the small fixed frames of one batch of floats.

The reference (and CPU path) and the table and launch of pack_frames.cu.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.images import Floats, Image
from engine.kernels.launches import THREADS, DeviceBatch, Launch, Table, make_launch, require_table

PACK_FRAME = np.dtype(
    [
        ("source", "<u8"),  # address of the uint8 image's first byte
        ("pitch_bytes", "<i8"),  # from one row to the next
        ("height", "<i4"),  # the image's size, px
        ("width", "<i4"),
        ("slot", "<i4"),  # item of the batch
        ("bicubic", "<i4"),  # 1: enlarge_frame where the image is smaller than the frame in both directions
        ("scale", "<f4", 3),  # each channel becomes value * scale + bias, the value being 0..1: 1 and 0 for none
        ("bias", "<f4", 3),
    ]
)

MOST_STEPS = 2**31 - 1
"""Coordinates are 32-bit integers: 2 × an image's side × the frame's must not exceed it."""


def pack_frames(images: Sequence[Image], batch: Floats) -> None:
    """Fill `batch`, float32 [N,3,h,w], with N images of any size, each averaged over area, as code values / 255.

    An output pixel is the mean of exactly the area that it covers; aspect is ignored. Along one axis a source pixel
    counts as `out` steps and an output pixel as `size` steps, so that every overlap is a whole number and the sums are
    exact integers; the one rounding is the division at the end.
    """
    assert len(images) == len(batch), (len(images), batch.shape)
    for image, frame in zip(images, batch, strict=True):
        for row in range(frame.shape[1]):
            summed = _sum_rows(image, row, frame.shape[1])
            frame[:, row] = _sum_columns(summed, frame.shape[2]).T / (255.0 * image.shape[0] * image.shape[1])


def pack_frames_launch(frames: Table, frames_address: int, batch: DeviceBatch) -> Launch:
    """Describe the one launch that fills the slots that `frames` (PACK_FRAME) name; `batch` is the network's input.

    Raises ValueError for an image whose coordinates would not fit 32 bits.
    """
    require_table(frames, PACK_FRAME)
    longest = max(frames["height"].max(initial=0), frames["width"].max(initial=0))
    if 2 * int(longest) * max(batch.height, batch.width) > MOST_STEPS:
        raise ValueError(f"2 x image side x frame side is at most {MOST_STEPS}; received a side of {longest} px")
    per_frame = -(-batch.height * batch.width // THREADS)
    arguments = np.uint64(frames_address), np.uint64(batch.address), np.int32(batch.height), np.int32(batch.width)
    return make_launch("pack_frames.cu", f"pack_frames_{batch.variant}", per_frame * len(frames), arguments)


def _sum_rows(image: Image, row: int, out: int) -> NDArray[np.int64]:
    """Sum the rows under output row `row` of `out`, each weighted by its overlap (0..out). Returns int64 [W,3]."""
    size = image.shape[0]
    start, stop = row * size, (row + 1) * size
    first, last = start // out, (stop - 1) // out
    if first == last:
        alone: NDArray[np.int64] = image[first].astype(np.int64) * (stop - start)
        return alone
    total: NDArray[np.int64] = image[first + 1 : last].sum(axis=0, dtype=np.uint32).astype(np.int64) * out
    total += image[first] * np.int64((first + 1) * out - start)
    total += image[last] * np.int64(stop - last * out)
    return total


def _sum_columns(line: NDArray[np.int64], out: int) -> NDArray[np.int64]:
    """Sum [W,C] into [out,C]: differences of the running sum at the output pixels' borders."""
    size = line.shape[0]
    running = np.zeros((size + 1, line.shape[1]), np.int64)
    np.cumsum(line, axis=0, out=running[1:])
    whole, part = np.divmod(np.arange(out + 1) * size, out)
    at_border = running[whole] * out + line[np.minimum(whole, size - 1)] * part[:, None]
    sums: NDArray[np.int64] = np.diff(at_border, axis=0)
    return sums
