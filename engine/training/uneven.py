"""Uneven light, simulated as gains in linear light: a vignette, light from one side, a shadow, two kinds of light."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

KINDS = ("vignette", "side light", "shadow", "two lights")


@dataclass(frozen=True)
class Unevenness:
    """One way in which light differs over a photo; where it is brightest, or of the first kind, it is as it was."""

    kind: str  # one of KINDS
    stops: float  # how much darker the darkest place is
    centre: tuple[float, float] = (0.5, 0.5)  # (x, y) as shares of width and height: the bright point, the shadow's
    angle: float = 0.0  # radians: towards where it gets darker
    reach: float = 0.5  # how wide a shadow's edge is, as a share of the picture
    round_shadow: bool = False  # a shadow thrown by something small, instead of one over a side
    warmth_stops: float = 0.0  # red against blue of the second light


@dataclass(frozen=True)
class _Bounds:
    """(lowest, highest) of each evenly drawn value."""

    stops: tuple[float, float]
    mixed_stops: tuple[float, float]  # of two lights, which differ in colour more than in brightness
    centre: tuple[float, float]
    reach: tuple[float, float]
    warmth_stops: tuple[float, float]


_TO_LEARN = _Bounds(
    stops=(0.3, 2.0), mixed_stops=(0.0, 1.2), centre=(0.0, 1.0), reach=(0.15, 0.7), warmth_stops=(0.5, 1.4)
)
_FOR_EVALUATION = _Bounds(
    stops=(0.7, 1.7), mixed_stops=(0.0, 0.8), centre=(0.2, 0.8), reach=(0.2, 0.6), warmth_stops=(0.6, 1.2)
)


def draw_unevenness(rng: np.random.Generator) -> Unevenness:
    """Draw an unevenness to learn from."""
    return _draw(rng, KINDS[int(rng.choice(4, p=(0.25, 0.25, 0.35, 0.15)))], _TO_LEARN)


def unevenness_for_evaluation(index: int, seed: int) -> Unevenness:
    """Return the fixed unevenness of test photo number ``index``: the KINDS by turns, 0.7 to 1.7 stops deep."""
    rng = np.random.default_rng([seed, 2, index])
    return _draw(rng, KINDS[index % len(KINDS)], _FOR_EVALUATION)


def uneven_gains(unevenness: Unevenness, height: int, width: int) -> NDArray[np.float32]:
    """Return gains in linear light, float32 [height,width,3], at most 1 but for the second light's colour."""
    fall = _fall(unevenness, height, width)[:, :, None]
    warmth = np.array([0.5, 0.0, -0.5], np.float32) * np.float32(unevenness.warmth_stops)
    return np.asarray(2.0 ** (fall * (warmth - np.float32(unevenness.stops))), np.float32)


def _draw(rng: np.random.Generator, kind: str, bounds: _Bounds) -> Unevenness:
    """The order of the draws fixes the photos of every evaluation: never change it."""
    mixed = kind == "two lights"
    return Unevenness(
        kind,
        stops=float(rng.uniform(*(bounds.mixed_stops if mixed else bounds.stops))),
        centre=(float(rng.uniform(*bounds.centre)), float(rng.uniform(*bounds.centre))),
        angle=float(rng.uniform(0, 2 * np.pi)),
        reach=float(rng.uniform(*bounds.reach)),
        round_shadow=bool(rng.random() < 0.3),
        warmth_stops=float(rng.uniform(*bounds.warmth_stops) * (1 if rng.random() < 0.6 else -1)) if mixed else 0.0,
    )


def _fall(unevenness: Unevenness, height: int, width: int) -> NDArray[np.float32]:
    """Return how far each place is on the way from the brightest (0) to the darkest (1), [height,width]."""
    x = ((np.arange(width, dtype=np.float32) + 0.5) / width)[None, :] - np.float32(unevenness.centre[0])
    y = ((np.arange(height, dtype=np.float32) + 0.5) / height)[:, None] - np.float32(unevenness.centre[1])
    distance = x**2 + y**2
    if unevenness.kind == "vignette":
        return np.asarray(distance / distance.max(), np.float32)
    along = x * np.float32(np.cos(unevenness.angle)) + y * np.float32(np.sin(unevenness.angle))
    if unevenness.kind == "shadow":
        depth = 0.3 - np.sqrt(distance) if unevenness.round_shadow else along
        return _smooth_step(depth / np.float32(unevenness.reach) + np.float32(0.5))
    along = along - along.min()
    return np.asarray(along / along.max(), np.float32)


def _smooth_step(share: NDArray[np.float32]) -> NDArray[np.float32]:
    inside = np.clip(share, 0.0, 1.0)
    return np.asarray(inside * inside * (3 - 2 * inside), np.float32)
