"""The form of a low sneaker as plain mathematics: the sole's outline and a point anywhere on the upper; no Blender."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LENGTH = 28.0  # cm
LACED = (0.40, 0.70)  # from the collar's front to the throat, as parts of the length, heel to toe

_STATIONS = [0.0, 0.12, 0.3, 0.45, 0.6, 0.72, 0.85, 1.0]
_HALF_WIDTHS = [3.3, 3.35, 3.1, 3.35, 4.1, 4.55, 4.2, 3.4]
_TOP = [
    (0.0, 8.6),
    (0.04, 8.9),
    (0.12, 7.6),
    (0.22, 6.7),
    (0.32, 7.2),
    (0.40, 9.2),
    (0.55, 7.9),
    (0.70, 6.35),
    (0.82, 5.15),
    (0.92, 4.6),
    (1.0, 3.7),
]


@dataclass(frozen=True)
class Upper:
    """Which foot: 1 left, -1 right (mirrored)."""

    side: int


def outline(form: Upper, count: int, grow: float = 0.0) -> NDArray[np.float64]:
    """The sole's closed outline (count, 2), anticlockwise, `grow` cm wider all round."""
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False)
    t = 0.5 + 0.5 * np.cos(turn)
    half = np.where(np.sin(turn) >= 0, 1.0, -1.0)
    y = _centre(form, t) + half * _half_width(t)
    ring = np.stack([t * LENGTH, y], -1)
    along = np.roll(ring, -1, 0) - np.roll(ring, 1, 0)
    normal = np.stack([along[:, 1], -along[:, 0]], -1)
    return ring + grow * normal / np.linalg.norm(normal, axis=1, keepdims=True)


def sole_height(x: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Height in cm of the foxing at x cm from the heel."""
    return np.interp(x, [0, 5, 14, 22, 26, 28], [3.0, 2.8, 2.5, 2.4, 2.8, 3.0])


def toe_spring(x: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """How far in cm the sole lifts off the floor, x cm from the heel."""
    return 0.9 * np.clip((np.asarray(x) - 21) / 7, 0, 1) ** 2


def shoe_point(form: Upper, t: float, s: float, half: int, grow: float = 0.0) -> NDArray[np.float64]:
    """A point on the upper: `t` from heel 0 to toe 1, `s` from the sole 0 to the upper edge 1, `grow` cm outwards."""
    lift = float(toe_spring(t * LENGTH))
    low = float(sole_height(t * LENGTH)) - 0.25 + lift
    top = float(_smooth(t, _TOP)) * _end_taper(t) + low * (1 - _end_taper(t)) + lift * 0.5
    width = float(_half_width(np.array(t))) - 0.12
    gap = min(_gap(t), width * 0.8)
    closed = np.clip((t - 0.33) / 0.12, 0, 1) ** 2 * (3 - 2 * np.clip((t - 0.33) / 0.12, 0, 1))
    wall = width - (width - gap) * s**2.4  # an open collar leans in a little
    arch = gap + (width - gap) * np.cos(s * np.pi / 2) ** 0.9
    out = (1 - closed) * wall + closed * arch
    rise = (1 - closed) * s + closed * np.sin(s * np.pi / 2) ** 0.95
    x = t * LENGTH + _heel_lean(t, s)
    pleat = 0.05 * np.sin(t * 70) * np.exp(-(((t - 0.72) / 0.05) ** 2)) * np.sin(np.pi * s)
    height = low + (top - low) * rise
    outward = np.array(
        [0.55 * (t - 0.5) ** 3 * 8 * (1 - s), half * np.cos(s * np.pi / 2 * closed), np.sin(s * np.pi / 2) * closed]
    )
    at = np.array([x, float(_centre(form, np.array(t))) + half * out, height])
    return at + (grow + pleat) * outward / max(float(np.linalg.norm(outward)), 1e-6)


def _centre(form: Upper, t: NDArray[np.float64]) -> NDArray[np.float64]:
    """The foot's curve: the toe turns inwards."""
    return form.side * (
        0.9 * np.sin(np.pi * np.clip((t - 0.2) / 0.8, 0, 1)) ** 2 - 0.7 * np.clip(t - 0.75, 0, 1) * 4 * 0.6
    )


def _half_width(t: NDArray[np.float64]) -> NDArray[np.float64]:
    heel = np.clip(t / 0.10, 0, 1)
    toe = np.clip((1 - t) / 0.145, 0, 1)
    ends = np.sqrt(np.clip(1 - (1 - heel) ** 2, 0, 1)) * np.sqrt(np.clip(1 - (1 - toe) ** 2, 0, 1))
    return _smooth(t, list(zip(_STATIONS, _HALF_WIDTHS, strict=True))) * ends


def _end_taper(t: float) -> float:
    return float(np.sqrt(np.clip(1 - np.clip((t - 0.86) / 0.14, 0, 1) ** 2.4, 0, 1)))


def _gap(t: float) -> float:
    """Half the opening between the two upper edges: the collar, then the throat, then closed."""
    return float(
        np.interp(
            t,
            [0.0, 0.02, 0.1, 0.25, 0.36, LACED[0], LACED[1] - 0.02, LACED[1] + 0.01, 1.0],
            [0.0, 1.2, 2.5, 2.7, 2.1, 1.5, 1.05, 0.0, 0.0],
        )
    )


def _heel_lean(t: float, s: float) -> float:
    """The heel bulges back low down and leans in towards the collar."""
    return float(np.exp(-((t / 0.12) ** 2)) * (0.9 * s**2 - 0.35 * np.sin(np.pi * s)))


def _smooth(t: NDArray[np.float64] | float, points: list[tuple[float, float]]) -> NDArray[np.float64]:
    """A smooth curve through the points (monotone pieces joined with even slopes)."""
    x, y = np.array(points).T
    slope = np.gradient(y, x)
    at = np.clip(np.searchsorted(x, t, "right") - 1, 0, len(x) - 2)
    width = x[at + 1] - x[at]
    u = (np.asarray(t) - x[at]) / width
    return (
        (2 * u**3 - 3 * u**2 + 1) * y[at]
        + (u**3 - 2 * u**2 + u) * width * slope[at]
        + (-2 * u**3 + 3 * u**2) * y[at + 1]
        + (u**3 - u**2) * width * slope[at + 1]
    )
