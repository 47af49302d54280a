"""Gains in linear light that leave white white: over a coarse map, enlarged by a B-spline, or the same everywhere."""

from functools import cache

import cv2
import numpy as np

from engine.images import Floats, Image
from engine.pixels.srgb import decode_srgb, encode_srgb
from engine.pixels.strips import row_strips

STRIP_PX = 1 << 17
"""Pixels taken at a time: few enough for their floats to stay in a core's cache."""

LEAST_STOPS = 1.0 / 512
"""A map that nowhere holds more changes no code value by more than a sixth, and is left out."""

_STEPS = 65_535
_WHITE_FROM, _BLACK_FROM = -6.5, 51.5
"""A colour is written down as log2(1 / x^4 - 1) of its linear light x: below this it is white, above that black."""

_STOP = 4 * _STEPS / (_BLACK_FROM - _WHITE_FROM)  # what one stop takes off that, in steps


def apply_local_light(image: Image, stops: Floats) -> Image:
    """Brighten a uint8 [H,W,3] image by `stops`, float32 [3,h,w], spread over it; returns an image of its shape.

    With g = 2^stops at a pixel's place, linear light x becomes y = g x / (1 + (g^4 - 1) x^4)^(1/4): g times as much
    where it is dark, less towards white, which stays white. So nothing clips. As 1 / y^4 - 1 = (1 / x^4 - 1) / g^4, the
    logarithm of that only moves by the stops, and two tables do the rest. Within 1/255 of `kernels.local_light`
    (tested), and nearer to it than tables of linear light would be, whose steps are coarse where it is dark.
    """
    if float(np.abs(stops).max()) < LEAST_STOPS:
        return image.copy()
    height, width = image.shape[:2]
    down, across = spline_weights(stops.shape[1], height), spline_weights(stops.shape[2], width)
    taken = np.asarray(_STOP * (stops @ across.T), np.float32).transpose(1, 2, 0).reshape(stops.shape[1], 3 * width)
    result = np.empty_like(image)
    for rows in row_strips(height, width, STRIP_PX):
        result[rows] = _brighten(image[rows], (down[rows] @ taken).reshape(image[rows].shape))
    return result


def apply_exposure(image: Image, stops: float) -> Image:
    """Brighten a uint8 [H,W,3] image by `stops` everywhere, as `apply_local_light` does; returns a new image."""
    table = _brighten(np.arange(256, dtype=np.uint8)[None], np.full((1, 256), _STOP * stops, np.float32))
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


def _brighten(codes: Image, taken: Floats) -> Image:
    """The codes that lie so many steps nearer to white; computed in the memory of `taken`."""
    steps, table = _tables()
    np.subtract(cv2.LUT(codes, steps), taken, out=taken)
    np.clip(taken, 0, _STEPS, out=taken)
    return np.asarray(cv2.LUT(taken.astype(np.uint16), table), np.uint8)  # with 16 bits since OpenCV 5.0


@cache
def _tables() -> tuple[Floats, Image]:
    """The step of each code value, half a step more so that cutting off rounds, and the code value of each step."""
    per_step = (_BLACK_FROM - _WHITE_FROM) / _STEPS
    light = decode_srgb(np.arange(1, 255) / 255.0)
    steps = np.empty(256, np.float32)
    steps[1:255] = (np.log2(light**-4.0 - 1) - _WHITE_FROM) / per_step + 0.5
    steps[[0, 255]] = 1e9, -1e9  # black and white stay what they are
    codes = encode_srgb((1 + np.exp2(np.arange(_STEPS + 1) * per_step + _WHITE_FROM)) ** -0.25)
    return steps, np.floor(codes * 255.0 + 0.5).astype(np.uint8)
