"""uint8 code values as floats to mix, and back, by tables: as linear light, or as the numbers that they are."""

import functools

import numpy as np
from numpy.typing import NDArray

from engine.images import Floats, Image
from engine.pixels.srgb import decode_srgb, encode_srgb

_STEPS = 65535  # between the two darkest code values lie 20 of them


def lights_of(codes: Image, light: bool) -> Floats:
    """Floats in 0..1 of codes of any shape: with `light` the linear light of sRGB values, else their share of 255."""
    return _lights()[codes] if light else np.asarray(codes * np.float32(1 / 255), np.float32)


def codes_of(mixed: Floats, light: bool) -> Image:
    """The nearest codes, the inverse of `lights_of`; what is beyond 0..1 is clipped."""
    steps = np.clip(mixed, 0, 1)
    steps *= _STEPS if light else 255
    steps += np.float32(0.5)
    return _codes()[steps.astype(np.uint16)] if light else steps.astype(np.uint8)


@functools.cache
def _lights() -> Floats:
    return np.asarray(decode_srgb(np.arange(256) / 255), np.float32)


@functools.cache
def _codes() -> NDArray[np.uint8]:
    return np.rint(encode_srgb(np.arange(_STEPS + 1) / _STEPS) * 255).astype(np.uint8)
