"""The photos that the benchmarks submit, made from the samples: no data set is needed."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

SAMPLES = Path(__file__).parents[1] / "docs" / "samples"


def merchant_photos() -> list[bytes]:
    """The samples at the size of a small merchant's photo, 400x533 px, as JPEG."""
    return [_jpeg(ImageOps.fit(photo, (400, 533))) for photo in _samples()]


def large_photo(width_px: int, height_px: int) -> bytes:
    """One sample enlarged to the size of a large camera's photo, as JPEG."""
    return _jpeg(next(_samples()).resize((width_px, height_px), Image.Resampling.BICUBIC))


def tiny_photo() -> bytes:
    """16x16 px of one grey, as PNG: nothing to decode, nothing to compute."""
    buffer = BytesIO()
    Image.new("RGB", (16, 16), (128, 128, 128)).save(buffer, "PNG")
    return buffer.getvalue()


def with_channels(photo: NDArray[np.uint8], channels: int) -> NDArray[np.uint8]:
    """The photo, uint8 [H,W,3], as a model of so many channels takes it: a fourth one is its green once more."""
    return photo if channels == 3 else np.ascontiguousarray(photo[..., [0, 1, 2, 1]])


def _samples() -> Iterator[Image.Image]:
    for path in sorted(SAMPLES.glob("*.jpg")):
        with Image.open(path) as photo:
            yield ImageOps.exif_transpose(photo).convert("RGB")


def _jpeg(photo: Image.Image) -> bytes:
    buffer = BytesIO()
    photo.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()
