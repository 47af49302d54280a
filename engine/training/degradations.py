"""What phones and shops do to a photo: blur, noise, JPEG. Seeded, so that it can be repeated."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.training.linear import jpeg_round_trip, to_uint8

EVALUATION_SEED = 20260101


@dataclass(frozen=True)
class Degradation:
    """One way to spoil a photo; zero, or None, leaves that step out. Applied in the order blur, noise, JPEG."""

    blur_px: float = 0.0  # sigma of a Gaussian
    noise: float = 0.0  # standard deviation at middle grey, in 8-bit levels of the encoded picture
    tone_exponent: float = 0.0  # noise ∝ (value + 0.15)^-exponent: 0 Gaussian, -0.5 like Poisson, 1 a dark phone photo
    chroma_share: float = 0.0  # share of the noise's variance that differs between the channels
    grain_px: float = 0.0  # sigma of the noise's spatial correlation; a camera's demosaicing and denoising leave it
    chroma_grain_px: float = 0.0
    jpeg_quality: int | None = None


@dataclass(frozen=True)
class DegradationRange:
    """A distribution of degradations: quantities are uniform (noise: log-uniform), steps have a probability."""

    clean_share: float
    blur_share: float
    blur_px: tuple[float, float]
    noise_share: float
    noise: tuple[float, float]
    jpeg_share: float
    jpeg_quality: tuple[int, int]


# Training goes from nothing at all to worse than a merchant would upload, so that a clean photo is left alone.
TRAINING = DegradationRange(0.08, 0.5, (0.25, 1.1), 0.85, (1.0, 32.0), 0.75, (25, 96))
# Nearly clean photos: what a good camera and a careful shop leave. Patterns as fine as noise must survive these.
GENTLE = DegradationRange(0.4, 0.3, (0.2, 0.5), 0.4, (0.5, 3.0), 0.8, (78, 98))
GENTLE_SHARE = 0.15
# What is hardest to tell from cloth: noise that a marketplace's JPEG has turned into grains of its own pattern.
PHONE = DegradationRange(0.0, 0.9, (0.2, 0.9), 1.0, (4.0, 26.0), 1.0, (35, 90))
PHONE_SHARE = 0.5
# The fixed evaluation: a dim phone photo, compressed by a marketplace. Every photo gets all three steps.
EVALUATION = DegradationRange(0.0, 1.0, (0.2, 0.7), 1.0, (5.0, 22.0), 1.0, (40, 85))


def draw_degradation(rng: np.random.Generator, ranges: DegradationRange = TRAINING) -> Degradation:
    """Draw one degradation; the same generator state gives the same one."""
    if rng.random() < ranges.clean_share:
        return Degradation()
    blurred, noisy, coded = rng.random(3) < (ranges.blur_share, ranges.noise_share, ranges.jpeg_share)
    low, high = np.log(ranges.noise)
    correlated = rng.random() < 0.6
    return Degradation(
        blur_px=float(rng.uniform(*ranges.blur_px)) if blurred else 0.0,
        noise=float(np.exp(rng.uniform(low, high))) if noisy else 0.0,
        tone_exponent=float(rng.uniform(-0.5, 1.0)),
        chroma_share=float(rng.uniform(0.1, 1.0)),
        grain_px=float(rng.uniform(0.3, 1.0)) if correlated else 0.0,
        chroma_grain_px=float(rng.uniform(0.3, 2.0)) if correlated else 0.0,
        jpeg_quality=int(rng.integers(ranges.jpeg_quality[0], ranges.jpeg_quality[1] + 1)) if coded else None,
    )


def draw_training_degradation(rng: np.random.Generator) -> Degradation:
    """Draw one degradation to learn from: `GENTLE_SHARE` of them gentle, `PHONE_SHARE` a dim phone photo's."""
    kind = rng.random()
    if kind < GENTLE_SHARE:
        return draw_degradation(rng, GENTLE)
    return draw_degradation(rng, PHONE if kind < GENTLE_SHARE + PHONE_SHARE else TRAINING)


def degrade(image: NDArray[np.uint8], degradation: Degradation, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return a degraded copy of a uint8 RGB image [H,W,3]; the noise itself is drawn from ``rng``."""
    values = image.astype(np.float32) / 255.0
    if degradation.blur_px:
        values = np.asarray(cv2.GaussianBlur(values, (0, 0), degradation.blur_px), np.float32)
    if degradation.noise:
        values = values + _noise(values, degradation, rng)
    spoiled = to_uint8(values)
    return jpeg_round_trip(spoiled, degradation.jpeg_quality) if degradation.jpeg_quality else spoiled


def degrade_for_evaluation(image: NDArray[np.uint8], index: int) -> NDArray[np.uint8]:
    """Return the fixed degradation of test photo ``index``: blur sigma 0.2–0.7 px, noise of 5–22 levels, JPEG 40–85.

    Depends on the image, ``index`` and `EVALUATION_SEED` only.
    """
    rng = np.random.default_rng([EVALUATION_SEED, index])
    return degrade(image, draw_degradation(rng, EVALUATION), rng)


def _noise(values: NDArray[np.float32], degradation: Degradation, rng: np.random.Generator) -> NDArray[np.float32]:
    height, width = values.shape[:2]
    luma = _grain(rng.standard_normal((height, width, 1), np.float32), degradation.grain_px)
    chroma = _grain(rng.standard_normal((height, width, 3), np.float32), degradation.chroma_grain_px)
    mixed = np.sqrt(1 - degradation.chroma_share) * luma + np.sqrt(degradation.chroma_share) * chroma
    strength = degradation.noise / 255.0 * ((values + 0.15) / 0.65) ** -degradation.tone_exponent
    return np.asarray(strength * mixed, np.float32)


def _grain(white: NDArray[np.float32], sigma_px: float) -> NDArray[np.float32]:
    """Correlate white noise [H,W,C] over ``sigma_px``, keeping its variance of one."""
    if sigma_px == 0.0:
        return white
    size = 2 * int(np.ceil(3 * sigma_px)) + 1
    taps = np.asarray(cv2.getGaussianKernel(size, sigma_px), np.float32)
    smooth = np.asarray(cv2.sepFilter2D(white, -1, taps, taps), np.float32).reshape(white.shape)
    return smooth / np.float32(np.sum(taps * taps))
