"""Bad light, simulated where light is linear: exposure, colour cast, contrast, vignette. Seeded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.training.linear import decode_image, encode_linear, jpeg_round_trip, to_uint8

EVALUATION_SEED = 20260202


@dataclass(frozen=True)
class LightFault:
    """One way to light a photo badly; the defaults change nothing."""

    exposure_stops: float = 0.0
    warmth_stops: float = 0.0  # red against blue: positive is the orange of a bulb, negative the blue of shade
    tint_stops: float = 0.0  # green against magenta: positive is the green of a tube
    gamma: float = 1.0  # on encoded values, after the light: over 1 is darker and harder
    vignette_stops: float = 0.0  # fall of light from the bright point to the farthest corner
    bright_point: tuple[float, float] = (0.5, 0.5)  # (x, y) as shares of the width and the height
    noise: float = 0.0  # standard deviation in 8-bit levels
    jpeg_quality: int | None = None


def draw_fault(rng: np.random.Generator) -> LightFault:
    """Draw a fault to learn from; three in ten are none at all, so that good light is left alone."""
    if rng.random() < 0.3:
        return LightFault(noise=float(rng.uniform(0, 2)))
    badly_exposed, cast, toned, uneven = rng.random(4) < (0.75, 0.7, 0.3, 0.3)
    return LightFault(
        exposure_stops=float(rng.uniform(-2.7, 0.9)) if badly_exposed else 0.0,
        warmth_stops=float(rng.uniform(-1.3, 1.5)) if cast else 0.0,
        tint_stops=float(rng.normal(0, 0.25)) if cast else 0.0,
        gamma=float(np.exp(rng.uniform(-0.25, 0.25))) if toned else 1.0,
        vignette_stops=float(rng.uniform(0.2, 1.2)) if uneven else 0.0,
        bright_point=(float(rng.uniform(0, 1)), float(rng.uniform(0, 1))),
        noise=float(rng.uniform(0, 4)),
    )


def light_badly(image: NDArray[np.uint8], fault: LightFault, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return a badly lit copy of a uint8 RGB image [H,W,3]; the noise is drawn from ``rng``."""
    light = decode_image(image) * _gains(fault)
    if fault.vignette_stops:
        light = light * _vignette(image.shape[0], image.shape[1], fault)
    encoded = encode_linear(light)
    if fault.gamma != 1.0:
        encoded = encoded ** np.float32(fault.gamma)
    if fault.noise:
        encoded = encoded + rng.standard_normal(image.shape, np.float32) * np.float32(fault.noise / 255.0)
    spoiled = to_uint8(encoded)
    return jpeg_round_trip(spoiled, fault.jpeg_quality) if fault.jpeg_quality else spoiled


def fault_for_evaluation(index: int) -> LightFault:
    """Return the fixed fault of test photo number ``index``: by turns bad exposure, a colour cast, and both.

    Exposure is -2.5 to -0.7 stops (4 in 5) or +0.4 to +0.8; a cast is 0.5 to 1.4 stops warm (two in three) or
    cool, with a tint of 0.2 stops standard deviation. Noise of 2 levels and JPEG at quality 85 follow.
    """
    rng = np.random.default_rng([EVALUATION_SEED, index])
    stops = rng.uniform(-2.5, -0.7) if rng.random() < 0.8 else rng.uniform(0.4, 0.8)
    warmth = rng.uniform(0.5, 1.4) * (1 if rng.random() < 2 / 3 else -1)
    tint = rng.normal(0, 0.2)
    exposed, cast = index % 3 != 1, index % 3 != 0
    return LightFault(
        exposure_stops=float(stops) if exposed else 0.0,
        warmth_stops=float(warmth) if cast else 0.0,
        tint_stops=float(tint) if cast else 0.0,
        noise=2.0,
        jpeg_quality=85,
    )


def light_badly_for_evaluation(image: NDArray[np.uint8], index: int) -> NDArray[np.uint8]:
    """Return test photo ``index`` with its fixed fault; depends on the image, ``index`` and `EVALUATION_SEED`."""
    return light_badly(image, fault_for_evaluation(index), np.random.default_rng([EVALUATION_SEED, index, 1]))


def _gains(fault: LightFault) -> NDArray[np.float32]:
    """Return the gains (r, g, b) in linear light; warmth and tint alone keep the gains' mean in stops at zero."""
    red = fault.warmth_stops / 2 - fault.tint_stops / 3
    green = 2 * fault.tint_stops / 3
    blue = -fault.warmth_stops / 2 - fault.tint_stops / 3
    return np.asarray(2.0 ** (fault.exposure_stops + np.array([red, green, blue])), np.float32)


def _vignette(height: int, width: int, fault: LightFault) -> NDArray[np.float32]:
    x, y = fault.bright_point
    across = (np.arange(width, dtype=np.float32) + 0.5) / width - np.float32(x)
    down = (np.arange(height, dtype=np.float32) + 0.5) / height - np.float32(y)
    distance = across[None, :] ** 2 + down[:, None] ** 2
    fall = 2.0 ** (-fault.vignette_stops * distance / distance.max())
    return np.asarray(fall[:, :, None], np.float32)
