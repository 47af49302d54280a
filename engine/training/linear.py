"""sRGB to linear light and back for NumPy arrays, by table: quick enough for a batch per training step."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.pixels.srgb import decode_srgb, encode_srgb

_ENCODE_STEPS = 1 << 16


def decode_image(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Turn a uint8 sRGB array of any shape into linear light in 0..1, float32."""
    return _decode_table()[image]


def encode_linear(linear: NDArray[np.float32]) -> NDArray[np.float32]:
    """Clip linear light to 0..1 and encode it as sRGB, float32 in 0..1, exact to 1/65536 of linear light."""
    steps = (np.clip(linear, 0.0, 1.0) * (_ENCODE_STEPS - 1) + 0.5).astype(np.int32)
    return _encode_table()[steps]


def to_uint8(encoded: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Clip encoded values to 0..1 and round half up to uint8, as the engine's unpacker does."""
    return np.floor(np.clip(encoded, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)


def jpeg_round_trip(image: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """Compress a uint8 RGB image [H,W,3] as a JPEG of ``quality`` 1..100 with 4:2:0 chroma, and decode it again."""
    ok, coded = cv2.imencode(".jpg", image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not ok:
        raise ValueError(f"OpenCV cannot compress an image of shape {image.shape} as JPEG of quality {quality}")
    decoded = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    return np.ascontiguousarray(np.asarray(decoded, np.uint8)[:, :, ::-1])


@cache
def _decode_table() -> NDArray[np.float32]:
    return decode_srgb(np.arange(256) / 255.0).astype(np.float32)


@cache
def _encode_table() -> NDArray[np.float32]:
    return encode_srgb(np.linspace(0.0, 1.0, _ENCODE_STEPS)).astype(np.float32)
