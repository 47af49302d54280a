"""Bad light, simulated where light is linear: exposure, colour cast, contrast, uneven light. Seeded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.training.linear import decode_image, encode_linear, jpeg_round_trip, to_uint8
from engine.training.uneven import Unevenness, draw_unevenness, uneven_gains, unevenness_for_evaluation

EVALUATION_SEED = 20260202
CLEAN_SHARE = 0.36


@dataclass(frozen=True)
class LightFault:
    """One way to light a photo badly; the defaults change nothing."""

    exposure_stops: float = 0.0
    warmth_stops: float = 0.0  # red against blue: positive is the orange of a bulb, negative the blue of shade
    tint_stops: float = 0.0  # green against magenta: positive is the green of a tube
    gamma: float = 1.0  # on encoded values, after the light: over 1 is darker and harder
    uneven: Unevenness | None = None
    noise: float = 0.0  # standard deviation in 8-bit levels
    jpeg_quality: int | None = None


def draw_fault(rng: np.random.Generator) -> LightFault:
    """Draw a fault to learn from; about a third are none at all, so that good light is left alone.

    Faults too small to be told from the taste of whoever took the photo (under a third of a stop) are not drawn: to
    learn them is to learn to move good photos. Noise is drawn as the frame shows it, averaged over many pixels.
    """
    noise = float(rng.uniform(0, 1.2))
    if rng.random() < CLEAN_SHARE:
        return LightFault(noise=noise)
    kind = int(rng.choice(4, p=(0.26, 0.28, 0.28, 0.18)))  # exposure, cast, both, neither
    badly_exposed, cast = kind in (0, 2), kind in (1, 2)
    stops = rng.uniform(-2.8, -0.5) if rng.random() < 0.8 else rng.uniform(0.3, 0.9)
    warmth = rng.uniform(0.35, 1.5) * (1 if rng.random() < 0.62 else -1)
    return LightFault(
        exposure_stops=float(stops) if badly_exposed else 0.0,
        warmth_stops=float(warmth) if cast else 0.0,
        tint_stops=float(rng.normal(0, 0.22)) if cast else 0.0,
        gamma=float(np.exp(rng.uniform(-0.25, 0.25))) if rng.random() < 0.2 else 1.0,
        uneven=draw_unevenness(rng) if kind == 3 or rng.random() < 0.4 else None,
        noise=noise,
    )


def light_badly(image: NDArray[np.uint8], fault: LightFault, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return a badly lit copy of a uint8 RGB image [H,W,3]; the noise is drawn from ``rng``."""
    light = decode_image(image) * _gains(fault)
    if fault.uneven:
        light = light * uneven_gains(fault.uneven, *image.shape[:2])
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


def light_unevenly_for_evaluation(image: NDArray[np.uint8], index: int) -> NDArray[np.uint8]:
    """Return test photo ``index`` under its fixed uneven light; noise of 2 levels and JPEG at quality 85 follow."""
    fault = LightFault(uneven=unevenness_for_evaluation(index, EVALUATION_SEED), noise=2.0, jpeg_quality=85)
    return light_badly(image, fault, np.random.default_rng([EVALUATION_SEED, index, 3]))


def is_well_lit(image: NDArray[np.uint8]) -> bool:
    """Return whether a picture can be a target: neither dark nor pale, with a bright part.

    Its mean colour is not asked. A rule against strong ones took out three photos on a red cloth for one with a cast,
    and taught the network that there is no red cloth.
    """
    values = image.reshape(-1, 3)
    bright = float(np.percentile(values.max(axis=1), 95))
    return bool(70 <= values.mean() <= 215 and bright >= 165)


def _gains(fault: LightFault) -> NDArray[np.float32]:
    """Return the gains (r, g, b) in linear light; warmth and tint alone keep the gains' mean in stops at zero."""
    red = fault.warmth_stops / 2 - fault.tint_stops / 3
    green = 2 * fault.tint_stops / 3
    blue = -fault.warmth_stops / 2 - fault.tint_stops / 3
    return np.asarray(2.0 ** (fault.exposure_stops + np.array([red, green, blue])), np.float32)
