"""convert: whole uint8 HWC batches to floats and back, NCHW or channels last; the reference and convert.cu's launches.

For arrays that need no table: N images of one size, one after the other. `pack_tiles` and `unpack_tiles` are the
general case.
"""

import numpy as np
from numpy.typing import NDArray

from engine.images import Image
from engine.kernels.launches import THREADS, DeviceBatch, Launch, make_launch


def codes_to_floats(images: Image, batch: NDArray[np.floating]) -> None:
    """Fill `batch`, float16 or float32 [N,3,h,w], with `images`, uint8 [N,h,w,3], as code values / 255.

    The quotient is rounded to float32, then to the batch's type. For channels last pass a transposed view.
    """
    np.divide(images.transpose(0, 3, 1, 2), np.float32(255), out=batch, dtype=np.float32, casting="same_kind")


def floats_to_codes(batch: NDArray[np.floating], images: Image) -> None:
    """Fill `images`, uint8 [N,h,w,3], with `batch`, float16 or float32 [N,3,h,w], by floor(v * 255 + 0.5).

    Values must be finite, and are clipped to 0..1. For channels last pass a transposed view.
    """
    values = batch.astype(np.float32) * np.float32(255) + np.float32(0.5)
    images[...] = np.clip(values, 0, 255).astype(np.uint8).transpose(0, 2, 3, 1)


def codes_to_floats_launch(images_address: int, batch: DeviceBatch, count: int) -> Launch:
    """Describe the launch that converts `count` contiguous images; `images_address` is aligned to 4 bytes."""
    return _launch("codes_to_floats", images_address, batch, count)


def floats_to_codes_launch(images_address: int, batch: DeviceBatch, count: int) -> Launch:
    """Describe the launch back: `batch` is read, the images written. NaN becomes 0."""
    return _launch("floats_to_codes", images_address, batch, count)


def _launch(function: str, images_address: int, batch: DeviceBatch, count: int) -> Launch:
    pixels = count * batch.height * batch.width
    groups = -(-pixels * (3 if batch.channels_last else 1) // 4)
    arguments = (
        np.uint64(images_address),
        np.uint64(batch.address),
        np.uint64(pixels),
        np.uint64(batch.height * batch.width),
    )
    return make_launch("convert.cu", f"{function}_{batch.variant}", -(-groups // THREADS), arguments)
