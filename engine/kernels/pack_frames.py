"""pack_frames: averages whole uint8 HWC images into the small fixed frames of one batch of floats.

The reference (and CPU path) and the table and launch of pack_frames.cu.
"""

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.images import Floats, Image
from engine.kernels.launches import THREADS, DeviceBatch, Launch, Table, make_launch, require_table
from engine.pixels.strips import row_strips

PACK_FRAME = np.dtype(
    [
        ("source", "<u8"),  # address of the uint8 image's first byte
        ("pitch_bytes", "<i8"),  # from one row to the next
        ("height", "<i4"),  # the image's size, px
        ("width", "<i4"),
        ("slot", "<i4"),  # item of the batch
        ("bicubic", "<i4"),  # 1: enlarge, where the image is larger than the frame in neither direction
        ("scale", "<f4", 4),  # each channel becomes value * scale + bias, the value being 0..1: 1 and 0 for none
        ("bias", "<f4", 4),  # of RGB images, the first three of both count
    ]
)

_STRIP_PX = 16_384  # of sums, at 40 to 50 bytes: 64-bit running sums and their like

MOST_STEPS = 2**31 - 1
"""Coordinates are 32-bit integers: 2 × an image's side × the frame's must not exceed it."""


def pack_frames(
    images: Sequence[Image],
    batch: NDArray[np.floating],
    scale: Sequence[float] = (1.0,) * 4,
    bias: Sequence[float] = (0.0,) * 4,
    bicubic: bool = False,
) -> None:
    """Fill `batch`, float32 or float16 [N,C,h,w], with N images [H,W,C] of any size, each averaged over area.

    C is 3 or 4. Values are code values / 255, rounded to float32; then each channel becomes value * scale + bias, in
    float32.
    An output pixel is the mean of exactly the area that it covers; aspect is ignored. With `bicubic`, images that are
    larger than the frame in neither direction are interpolated instead (enlarge).
    For channels last pass a transposed view.
    """
    assert len(images) == len(batch), (len(images), batch.shape)
    channels = batch.shape[1]
    factors, offsets = (np.asarray(values[:channels], np.float32)[:, None, None] for values in (scale, bias))
    for image, frame in zip(images, batch, strict=True):
        enlarged = bicubic and image.shape[0] <= frame.shape[1] and image.shape[1] <= frame.shape[2]
        values = (enlarge if enlarged else average)(image, *frame.shape[1:])
        frame[...] = values * factors + offsets


def average(image: Image, height: int, width: int) -> Floats:
    """Average over area: uint8 [H,W,C] to float32 [C,height,width] in 0..1.

    Along one axis a source pixel counts as `out` steps and an output pixel as `size` steps, so that every overlap is a
    whole number and the sums are exact integers; the one rounding is the division at the end. A few output rows at a
    time: their sums, of the image's whole width, fit the processor's cache and stay small however wide it is.
    """
    size, across, channels = image.shape
    lines, (whole, part) = image.reshape(size, across * channels), _borders(size, height)
    frame = np.empty((height, width, channels), np.float32)
    for strip in row_strips(height, across, _STRIP_PX):
        borders = slice(strip.start, strip.stop + 1)
        rows = _sum_rows(lines, whole[borders], part[borders], height).reshape(-1, across, channels)
        frame[strip] = _sum_columns(rows, width) / (255.0 * size * across)
    return frame.transpose(2, 0, 1)


def enlarge(image: Image, height: int, width: int) -> Floats:
    """Interpolate by Keys' cubic (1981, a = -0.5): uint8 [H,W,C] to float32 [C,height,width], clipped to 0..1.

    Border pixels count as repeated outside. Centres are placed in integers.
    """
    rows, columns = _keys_weights(image.shape[0], height), _keys_weights(image.shape[1], width)
    values = np.einsum("yh,hwc,xw->cyx", rows, image / 255.0, columns, optimize=True)
    frame: Floats = np.clip(values, 0, 1).astype(np.float32)
    return frame


def pack_frames_launch(frames: Table, frames_address: int, batch: DeviceBatch) -> Launch:
    """Describe the one launch that fills the slots that `frames` (PACK_FRAME) name; `batch` is the network's
    input, of 3 or 4 channels as the images.

    Raises ValueError for an image whose coordinates would not fit 32 bits.
    """
    require_table(frames, PACK_FRAME)
    longest = max(frames["height"].max(initial=0), frames["width"].max(initial=0))
    if 2 * int(longest) * max(batch.height, batch.width) > MOST_STEPS:
        raise ValueError(f"2 x image side x frame side is at most {MOST_STEPS}; received a side of {longest} px")
    per_frame = -(-batch.height * batch.width // THREADS)
    arguments = np.uint64(frames_address), np.uint64(batch.address), np.int32(batch.height), np.int32(batch.width)
    return make_launch("pack_frames.cu", f"pack_frames_{batch.variant}", per_frame * len(frames), arguments)


def _sum_rows(image: Image, whole: NDArray[np.int64], part: NDArray[np.integer], out: int) -> NDArray[np.integer]:
    """Sum the rows of [H,N] between neighbours of some of the borders of `out` parts, each weighted by its overlap
    (0..out): int32 or int64, one row less than borders.

    Whole rows are summed by OpenCV, and what a border cuts off is taken from one side and given to the other.
    """
    size = image.shape[0]
    assert (size // out + 1) * 255 < 2**31, (size, out)
    sums = np.zeros((len(whole) - 1, image.shape[1]), np.int32)
    for row, (first, last) in enumerate(pairwise(whole.tolist())):
        if first < last:
            cv2.reduce(image[first:last], 0, cv2.REDUCE_SUM, sums[row : row + 1], cv2.CV_32S)
    if (size + out) * 255 >= 2**31:
        sums, part = sums.astype(np.int64), part.astype(np.int64)
    sums *= out
    cut = image[np.minimum(whole, size - 1)] * part[:, None]
    sums += cut[1:]
    sums -= cut[:-1]
    return sums


def _sum_columns(rows: NDArray[np.integer], out: int) -> NDArray[np.int64]:
    """Sum [h,W,C] into [h,out,C] alike: differences of the running sum at the output pixels' borders."""
    height, size, channels = rows.shape
    running = np.zeros((height, size + 1, channels), np.int64)
    np.cumsum(rows, axis=1, dtype=np.int64, out=running[:, 1:])
    whole, part = _borders(size, out)
    at_border = running[:, whole]
    at_border *= out
    at_border += rows[:, np.minimum(whole, size - 1)] * part[:, None].astype(np.int64)
    return np.diff(at_border, axis=1)


def _borders(size: int, out: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """The borders of `out` equal parts of `size` pixels: whole pixels before each, and `out`ths of the next."""
    whole, part = np.divmod(np.arange(out + 1) * size, out)
    return whole, part.astype(np.int32)


def _keys_weights(size: int, out: int) -> NDArray[np.float64]:
    """What each of `size` source pixels counts for each of `out` pixels: float64 [out,size], rows summing to 1.

    The centre of pixel o lies at ((2 o + 1) size - out) / (2 out): cell and share are computed in integers.
    """
    cells, steps = np.divmod((2 * np.arange(out) + 1) * size - out, 2 * out)
    share = steps / (2.0 * out)
    weights = np.zeros((out, size))
    for tap in (-1, 0, 1, 2):
        distance = np.abs(share - tap)
        near = (1.5 * distance - 2.5) * distance**2 + 1
        far = ((-0.5 * distance + 2.5) * distance - 4) * distance + 2
        np.add.at(weights, (np.arange(out), np.clip(cells + tap, 0, size - 1)), np.where(distance <= 1, near, far))
    return weights
