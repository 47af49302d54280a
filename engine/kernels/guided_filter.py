"""guided_filter: refines a matte against its photo (He, Sun, Tang: Guided Image Filtering, TPAMI 2013).

The reference (and CPU path), and the table and the four launches of guided_filter.cu. In each window of 2r+1 px the
matte is fitted as a linear function of the guide, eq. (5) and (6) for a grey guide, (14) and (15) for a colour one;
the fits of all windows over a pixel are averaged, (8) and (16). Windows are cut off at the picture's borders and
averaged over what is left. We deviate in clipping the answer to 0..1, a matte's range.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.images import Floats, Image
from engine.kernels.launches import THREADS, Launch, Table, ceil_divide, divide_blocks, make_launch, require_table

GUIDED_BAND = np.dtype(
    [
        ("guide", "<u8"),  # address of the whole uint8 guide's first byte: [height, width, 3], or [height, width]
        ("guide_pitch_bytes", "<i8"),
        ("matte", "<u8"),  # address of the whole float32 matte, [height, width]
        ("matte_pitch_bytes", "<i8"),
        ("target", "<u8"),  # address of the whole float32 answer, [height, width]; another buffer than the matte
        ("target_pitch_bytes", "<i8"),
        ("workspace", "<u8"),  # address of guided_workspace_bytes() of this band, aligned to 16
        ("height", "<i4"),  # the picture's size, px
        ("width", "<i4"),
        ("y", "<i4"),  # the band of rows that this launch answers
        ("rows", "<i4"),
        ("first_block", "<u4", 4),  # of each of the four launches; filled by guided_filter_launches
    ]
)

ROW_RUN = 8
"""Neighbouring pixels of a row that one thread sums, sliding its window from one to the next."""

COLUMN_RUN = 32
"""The same down a column."""


def guided_filter(guide: Image, matte: Floats, radius: int, epsilon: float) -> Floats:
    """Refine `matte`, float32 [H,W] in 0..1, against `guide`, uint8 [H,W,3] or [H,W].

    `radius` in px; `epsilon` is the paper's, for a guide in 0..1: a contrast whose variance is far below it is smoothed
    over. Returns float32 [H,W] in 0..1. Sums are in float64; allocates some 300 bytes a pixel.
    """
    colors: NDArray[np.float64] = np.divide(np.atleast_3d(guide), 255, dtype=np.float64)
    alpha = matte.astype(np.float64)
    channels = range(colors.shape[2])
    mean_alpha = _box_mean(alpha, radius)
    mean = np.stack([_box_mean(colors[..., channel], radius) for channel in channels], axis=-1)
    covariance = np.stack([_box_mean(colors[..., channel] * alpha, radius) for channel in channels], axis=-1)
    covariance -= mean * mean_alpha[..., None]
    matrices = _variances(colors, mean, radius) + epsilon * np.eye(colors.shape[2])
    slopes = np.asarray(np.linalg.solve(matrices, covariance[..., None]), np.float64)
    offsets: NDArray[np.float64] = mean_alpha - (slopes[..., 0] * mean).sum(axis=-1)
    answer = _box_mean(offsets, radius)
    for channel in channels:
        answer += _box_mean(slopes[..., channel, 0], radius) * colors[..., channel]
    return np.clip(answer, 0, 1).astype(np.float32)


def guided_workspace_bytes(band: Any, channels: int, radius: int) -> int:
    """Bytes of workspace for one row of a GUIDED_BAND table: 68 a pixel of the band and its margins, or 24 for grey."""
    moments, coefficients = (13, 4) if channels == 3 else (4, 2)
    sums = _rows_within(band, 2 * radius) * moments + _rows_within(band, radius) * coefficients
    return int(4 * sums * band["width"])


def guided_filter_launches(
    bands: Table, bands_address: int, channels: int, radius: int, epsilon: float
) -> tuple[Launch, ...]:
    """Fill `first_block` of `bands` (GUIDED_BAND) and describe the four launches, in order, that refine them all.

    `channels` of every guide: 3 or 1. A picture may be cut into bands to bound the workspace; the answer is the same to
    the kernel's error bound. Raises ValueError.
    """
    require_table(bands, GUIDED_BAND)
    if channels not in (1, 3) or radius < 0 or not epsilon > 0:
        raise ValueError(
            f"channels 1 or 3, radius from 0 and epsilon above 0; received {channels}, {radius} and {epsilon}"
        )
    arguments = np.uint64(bands_address), np.uint32(len(bands)), np.int32(radius), np.float32(epsilon)
    width = bands["width"].astype(np.int64)
    wide, near, own = (_rows_within(bands, margin) for margin in (2 * radius, radius, 0))
    threads = (
        wide * ceil_divide(width, ROW_RUN),
        width * ceil_divide(near, COLUMN_RUN),
        near * ceil_divide(width, ROW_RUN),
        width * ceil_divide(own, COLUMN_RUN),
    )
    guide = "color" if channels == 3 else "grey"
    return tuple(
        make_launch(
            "guided_filter.cu",
            f"guided_{step}_{guide}",
            divide_blocks(ceil_divide(threads[index], THREADS), bands["first_block"][:, index]),
            arguments,
        )
        for index, step in enumerate(("moments", "solve", "coefficients", "apply"))
    )


def _rows_within(bands: Any, margin: int) -> NDArray[np.int64]:
    """Rows of the picture that lie in the band or within `margin` of it."""
    first = np.maximum(bands["y"].astype(np.int64) - margin, 0)
    last = np.minimum(bands["y"].astype(np.int64) + bands["rows"] + margin, bands["height"])
    rows: NDArray[np.int64] = np.maximum(last - first, 0)
    return rows


def _variances(colors: NDArray[np.float64], mean: NDArray[np.float64], radius: int) -> NDArray[np.float64]:
    """The covariance matrix of the guide's channels in every window, [H,W,C,C]."""
    channels = colors.shape[2]
    matrix = np.empty((*colors.shape, channels))
    for one in range(channels):
        for other in range(one, channels):
            product = _box_mean(colors[..., one] * colors[..., other], radius)
            matrix[..., one, other] = matrix[..., other, one] = product - mean[..., one] * mean[..., other]
    return matrix


def _box_mean(plane: NDArray[np.float64], radius: int) -> NDArray[np.float64]:
    """The mean over the window of 2 radius + 1 px around each pixel, cut off at the borders."""
    total = plane
    for axis in (0, 1):
        size = plane.shape[axis]
        running = np.concatenate([np.zeros_like(total.take([0], axis)), np.cumsum(total, axis)], axis)
        at = np.arange(size)
        first, past = np.maximum(at - radius, 0), np.minimum(at + radius + 1, size)
        count = (past - first).reshape((-1, 1) if axis == 0 else (1, -1))
        total = (running.take(past, axis) - running.take(first, axis)) / count
    return total
