"""What lies between a product and a small picture of it on the web: two rounds of blur, resizing, noise and JPEG.

After the second-order degradation of Wang et al., "Real-ESRGAN" (2021), sections 3.1 to 3.3, made milder: merchants'
photos are small and compressed, but not ruined, and a small network can only put right what it can see. Seeded.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.training.data import Pixels, shrink
from engine.training.degradations import DegradationRange, degrade, draw_degradation
from engine.training.linear import jpeg_round_trip, to_uint8

EVALUATION_SEED = 20260303
KERNEL_PX = 15
_METHODS = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC)


@dataclass(frozen=True)
class Round:
    """One round: probabilities and ranges. Blur's sigma is in pixels of the round's input; noise and JPEG as there."""

    blur_share: float
    blur_px: tuple[float, float]
    resize: tuple[float, float]
    spoilt: DegradationRange


CLEAN_SHARE = 0.12
# First at the camera: soft lens, sensor noise, the phone's own JPEG. Then in the shop's tools: resized and saved again.
FIRST = Round(0.8, (0.2, 1.6), (0.6, 1.2), DegradationRange(0.15, 0.0, (0.0, 0.0), 0.7, (1.0, 14.0), 0.6, (60, 96)))
SECOND = Round(0.5, (0.2, 1.0), (0.7, 1.2), DegradationRange(0.3, 0.0, (0.0, 0.0), 0.5, (0.7, 7.0), 0.0, (60, 96)))
LAST_JPEG = (0.75, (50, 96))
RINGING_SHARE = 0.25


def spoil(high: Pixels, factor: int, rng: np.random.Generator) -> Pixels:
    """Return a spoilt picture [H/F,W/F,3] of a uint8 RGB picture [H,W,3] whose sides ``factor`` divides."""
    low_size = (high.shape[1] // factor, high.shape[0] // factor)
    if rng.random() < CLEAN_SHARE:
        return shrink(high, factor)
    image = high
    for stage in (FIRST, SECOND):
        image = _go_through(image, stage, low_size, rng)
    image = _resized(image, low_size, rng)
    ringing_first = rng.random() < 0.5
    if ringing_first and rng.random() < RINGING_SHARE:
        image = _filtered(image, _sinc_kernel(rng))
    if rng.random() < LAST_JPEG[0]:
        image = jpeg_round_trip(image, int(rng.integers(LAST_JPEG[1][0], LAST_JPEG[1][1] + 1)))
    if not ringing_first and rng.random() < RINGING_SHARE:
        image = _filtered(image, _sinc_kernel(rng))
    return image


def spoil_for_evaluation(high: Pixels, factor: int, index: int) -> Pixels:
    """Return the fixed small picture of test photo ``index``; it depends on the photo, factor, index and seed only."""
    return spoil(high, factor, np.random.default_rng([EVALUATION_SEED, factor, index]))


def _go_through(image: Pixels, stage: Round, least: tuple[int, int], rng: np.random.Generator) -> Pixels:
    if rng.random() < stage.blur_share:
        image = _filtered(image, _blur_kernel(rng, *stage.blur_px))
    by = float(np.exp(rng.uniform(*np.log(stage.resize))))
    width, height = (max(round(side * by), least[axis]) for axis, side in enumerate(image.shape[1::-1]))
    image = _resized(image, (width, height), rng)
    return degrade(image, draw_degradation(rng, stage.spoilt), rng)


def _resized(image: Pixels, size: tuple[int, int], rng: np.random.Generator) -> Pixels:
    """Resize to (width, height) by a random method; all keep the picture's frame where it is."""
    method = _METHODS[int(rng.integers(0, len(_METHODS)))]
    return np.asarray(cv2.resize(image, size, interpolation=method), np.uint8)


def _filtered(image: Pixels, kernel: NDArray[np.float32]) -> Pixels:
    values = cv2.filter2D(image.astype(np.float32), -1, kernel, borderType=cv2.BORDER_REFLECT_101)
    return to_uint8(np.asarray(values) / 255.0)


def _blur_kernel(rng: np.random.Generator, low: float, high: float) -> NDArray[np.float32]:
    """A Gaussian of random width, half of them stretched and turned (eq. 2 there)."""
    first = rng.uniform(low, high)
    second = rng.uniform(low, high) if rng.random() < 0.5 else first
    angle = rng.uniform(0, np.pi)
    x, y = _grid()
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    kernel = np.exp(-0.5 * ((along / first) ** 2 + (across / second) ** 2))
    return np.asarray(kernel / kernel.sum(), np.float32)


def _sinc_kernel(rng: np.random.Generator) -> NDArray[np.float32]:
    """An ideal low-pass, tapered a little: rings along edges as sharpened and resampled pictures do (section 3.3)."""
    cutoff = rng.uniform(0.6, 0.95)  # of the Nyquist frequency
    x, y = _grid()
    kernel = np.sinc(cutoff * x) * np.sinc(cutoff * y) * np.hanning(KERNEL_PX + 2)[1:-1] ** 0.5
    return np.asarray(kernel / kernel.sum(), np.float32)


def _grid() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    axis = np.arange(KERNEL_PX) - KERNEL_PX // 2
    x, y = np.meshgrid(axis, axis)
    return x.astype(np.float64), y.astype(np.float64)
