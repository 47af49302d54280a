"""Gains in linear light that leave white white: over a coarse map, enlarged by a B-spline, or the same everywhere."""

from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.images import Floats, Image
from engine.pixels.srgb import decode_srgb, encode_srgb
from engine.pixels.strips import row_strips

STRIP_PX = 1 << 17
"""Pixels taken at a time: few enough for their floats to stay in a core's cache."""

LEAST_STOPS = 1.0 / 512
"""A map that nowhere holds more changes no code value by more than a sixth, and is left out."""

_ENCODED_STEPS = 65535


def apply_local_light(image: Image, stops: Floats) -> Image:
    """Brighten a uint8 [H,W,3] image by `stops`, float32 [3,h,w], spread over it; returns an image of its shape.

    With g = 2^stops at a pixel's place, linear light x becomes g x / (1 + (g^4 - 1) x^4)^(1/4): g times as much where
    it is dark, less towards white, which stays white. So nothing clips. Within 1/255 of `kernels.local_light` (tested),
    and fast: tables take code values to linear light and back (with the LUT before it, 12 MP: 3 s on one core).
    """
    if float(np.abs(stops).max()) < LEAST_STOPS:
        return image.copy()
    height, width = image.shape[:2]
    down, across = spline_weights(stops.shape[1], height), spline_weights(stops.shape[2], width)
    columns = (stops @ across.T).transpose(1, 2, 0).reshape(stops.shape[1], 3 * width)
    result = np.empty_like(image)
    for rows in row_strips(height, width, STRIP_PX):
        gains = np.exp2(down[rows] @ columns).reshape(image[rows].shape)
        result[rows] = _brighten(image[rows], gains)
    return result


def apply_exposure(image: Image, stops: float) -> Image:
    """Brighten a uint8 [H,W,3] image by `stops` everywhere, as `apply_local_light` does; returns a new image."""
    table = _brighten(np.arange(256, dtype=np.uint8), np.full(256, 2.0**stops, np.float32))
    return np.asarray(cv2.LUT(image, table), np.uint8)


def spline_weights(knots: int, samples: int) -> Floats:
    """The weights [samples, knots] of a uniform cubic B-spline, sampled at the middles of `samples` equal steps.

    Knot k lies at (k + 0.5) / knots of the length; beyond the ends the last knot goes on. A B-spline stays within its
    knots' values and has two continuous derivatives, so that neither edges nor blocks of it can be seen.
    """
    position = (np.arange(samples) + 0.5) * knots / samples - 0.5
    cell = np.floor(position).astype(np.int64)
    t = position - cell
    taps = ((1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3)
    weights = np.zeros((samples, knots))
    for offset, tap in zip((-1, 0, 1, 2), taps, strict=True):
        np.add.at(weights, (np.arange(samples), np.clip(cell + offset, 0, knots - 1)), tap / 6)
    return weights.astype(np.float32)


def _brighten(codes: Image, gains: Floats) -> Image:
    """The codes of g x / (1 + (g^4 - 1) x^4)^(1/4); computed in the gains' memory."""
    linear, fourth = _linear_tables()
    shoulder = np.square(np.square(gains))
    shoulder -= 1
    shoulder *= fourth[codes]
    shoulder += 1
    np.sqrt(np.sqrt(shoulder, out=shoulder), out=shoulder)
    gains *= linear[codes]
    gains /= shoulder
    gains *= _ENCODED_STEPS
    gains += 0.5
    encoded: Image = _code_table()[gains.astype(np.uint16)]
    return encoded


@cache
def _linear_tables() -> tuple[Floats, Floats]:
    """Linear light of the 256 code values, and its fourth power."""
    linear = decode_srgb(np.arange(256) / 255.0)
    return linear.astype(np.float32), (linear**4).astype(np.float32)


@cache
def _code_table() -> NDArray[Any]:
    """The code value of each of 65,536 steps of linear light."""
    encoded = encode_srgb(np.arange(_ENCODED_STEPS + 1) / _ENCODED_STEPS)
    return np.floor(encoded * 255.0 + 0.5).astype(np.uint8)
