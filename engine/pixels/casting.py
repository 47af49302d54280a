"""Shadows made from a product's matte alone: where it stands on a floor, or lies before a wall.

A shadow is float32 [h,w] in 0..1, the opacity of black under the product; it is made at SIDE_PX and enlarged by whoever
lays it. Nothing is known of the product's depth: the floor is taken to run under the lowest points of its outline, as
a plane seen from the front does. A side that the frame cuts off stands on nothing and casts no contact shadow.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.images import Floats
from engine.pixels.placing import Placement, Side

SIDE_PX = 640

_LEVEL = 0.12  # the slope of a short piece of outline that stands on the floor; steeper, it curves away from it
_TILTED = 0.3  # of a long piece, such as from one shoe to the other
_STEEPEST = 0.6  # of a long piece that is the product's own edge
_THREAD = 0.015  # of the product's width; a stiletto's heel is wider
_LONG = 0.12  # of the product's width
_STANDS = 0.06  # of its width: a part that is higher above the common floor hangs in the air
_GAP = 0.02  # of its width: as far above the floor an edge may lie that stands on it
_BORDER = 0.04  # of the frame's shorter side: there every shadow fades out
_INVISIBLE = 1 / 255
_BODY = 0.5

Line = NDArray[np.float64]


@dataclass(frozen=True)
class _Layer:
    """A soft part of a shadow, all lengths in product's sizes."""

    opacity: float
    across: float  # standard deviations
    down: float
    lower: float  # how far it lies under the product, or under its floor
    lift: float = 0.0  # up to which height above the floor the product casts it


_CONTACT = (
    _Layer(0.70, 0.012, 0.007, 0.003, 0.012),
    _Layer(0.38, 0.030, 0.018, 0.012, 0.05),
    _Layer(0.22, 0.080, 0.040, 0.028, 0.30),
)
_DROP = (_Layer(0.18, 0.006, 0.006, 0.007), _Layer(0.28, 0.026, 0.026, 0.034))


def standing_shadow(matte: Floats, cut: tuple[Side, ...] = ()) -> Floats:
    """The shadow of a product that stands: dark where it meets the floor, soft around that. `matte` [h,w] in 0..1."""
    shadow = np.zeros(matte.shape, np.float32)
    profile = lowest_points(matte)
    if profile is None or "bottom" in cut:
        return shadow
    columns, lowest = profile
    floor = floor_line(columns, lowest, matte.shape[1])
    size = _foot_size(columns, lowest, matte)
    above = floor[columns] - lowest
    y = np.arange(matte.shape[0], dtype=np.float32)[:, None] + np.float32(0.5)
    for layer in _CONTACT:
        weight = np.zeros(matte.shape[1], np.float64)
        weight[columns] = np.exp(-((above / (layer.lift * size)) ** 2))
        weight *= _level_parts(floor)
        weight = _smoothed(weight, max(0.5, layer.across * size))
        middle = floor + layer.lower * size
        spread = np.exp(-0.5 * ((y - middle[None]) / max(0.7, layer.down * size)) ** 2)
        shadow = _joined(shadow, np.asarray(layer.opacity * weight[None] * spread, np.float32))
    return faded(shadow)


def drop_shadow(matte: Floats) -> Floats:
    """The soft shadow of a product that lies or hangs before its ground, lit from above. `matte` [h,w] in 0..1."""
    shadow = np.zeros(matte.shape, np.float32)
    rows, columns = np.nonzero(matte > _BODY)
    if not len(rows):
        return shadow
    size = max(float(np.ptp(rows)), float(np.ptp(columns))) + 1
    for layer in _DROP:
        lowered = np.array([[1, 0, 0], [0, 1, layer.lower * size]], np.float64)
        moved = cv2.warpAffine(matte, lowered, matte.shape[::-1], flags=cv2.INTER_LINEAR)
        sigma = max(0.7, layer.across * size)
        soft = np.asarray(cv2.GaussianBlur(moved, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT), np.float32)
        shadow = _joined(shadow, layer.opacity * soft)
    return faded(shadow)


def kept_shadow(shadow: Floats, size: tuple[int, int], placement: Placement) -> Floats:
    """A shadow found in a picture of (width, height) `size`, itself [h,w] of any size, as the frame shows it.

    It fades out at the picture's border, too, unless that stays the frame's.
    """
    width, height = frame_size(placement)
    inner = shadow if placement.keeps(*size) else faded(shadow)
    old = np.diag([shadow.shape[1] / size[0], shadow.shape[0] / size[1], 1.0])
    new = np.diag([width / placement.width, height / placement.height, 1.0])
    centre = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])  # OpenCV's pixel centres are whole numbers
    motion = np.linalg.inv(centre) @ new @ placement.motion @ np.linalg.inv(old) @ centre
    moved = cv2.warpAffine(inner, motion[:2], (width, height), flags=cv2.INTER_LINEAR)
    return faded(np.asarray(moved, np.float32))


def frame_size(placement: Placement) -> tuple[int, int]:
    """The (width, height) at which a frame's shadows are made."""
    scale = min(1.0, SIDE_PX / max(placement.width, placement.height))
    return max(1, round(placement.width * scale)), max(1, round(placement.height * scale))


def lowest_points(matte: Floats) -> tuple[NDArray[np.intp], Line] | None:
    """The columns that hold some of the product, and where it ends at the bottom in each; None where there is none.

    What is too thin to stand on, such as a ribbon or a thread, does not count, unless the product is all of that.
    """
    body = matte > _BODY
    thin = max(1, round(_THREAD * float(np.count_nonzero(body.any(axis=0)))))
    solid = cv2.morphologyEx(body.astype(np.uint8), cv2.MORPH_OPEN, np.ones((1, thin), np.uint8)) > 0
    body = solid if solid.any() else body
    columns = np.flatnonzero(body.any(axis=0))
    if not len(columns):
        return None
    return columns, len(body) - np.argmax(body[::-1, columns], axis=0).astype(np.float64)


def floor_line(columns: NDArray[np.intp], lowest: Line, width: int) -> Line:
    """Where the floor meets what stands on it, for each of `width` columns: a line under all of the product's points.

    It is the outline's lower hull where that is about level, or runs along a straight edge as under a box seen from its
    corner, and goes on level from there. Of parts that stand side by side, such as two shoes, each has its own.
    """
    common = _floor_under(columns, lowest, columns, len(columns))
    line = common.copy()
    for part in np.split(np.arange(len(columns)), np.flatnonzero(np.diff(columns) > 1) + 1):
        own = _floor_under(columns[part], lowest[part], columns[part], len(columns))
        if len(part) >= _LONG * len(columns) and (common[part] - own).min() <= _STANDS * len(columns):
            line[part] = own
    return np.asarray(np.interp(np.arange(width), columns, line), np.float64)


def _floor_under(columns: NDArray[np.intp], lowest: Line, asked: NDArray[np.intp], size: int) -> Line:
    """The floor of one thing, whose outline ends at `lowest` in `columns`, in each of the columns `asked`."""
    hull = _lower_hull(columns.astype(np.float64) + 0.5, lowest)
    steps = np.diff(hull, axis=0)
    slopes = np.abs(steps[:, 1] / steps[:, 0])
    long = steps[:, 0] >= _LONG * size
    level = (slopes <= _LEVEL) | (long & (slopes <= _TILTED))
    for at in np.flatnonzero(long & ~level & (slopes <= _STEEPEST)):
        level[at] = _supported(hull[at : at + 2], columns, lowest)
    kept = np.flatnonzero(level)
    first, last = (kept[0], kept[-1] + 1) if len(kept) else (np.argmax(hull[:, 1]),) * 2
    return np.asarray(np.interp(asked + 0.5, hull[first : last + 1, 0], hull[first : last + 1, 1]), np.float64)


def faded(shadow: Floats) -> Floats:
    """The same, ending softly before the border; what nobody would see is nothing."""
    height, width = shadow.shape
    margin = max(1.0, _BORDER * min(height, width))
    sides = []
    for length in (height, width):
        place = np.arange(length) + 0.5
        linear = np.clip(np.minimum(place, length - place) / margin - 0.25, 0, 1)
        sides.append(linear * linear * (3 - 2 * linear))
    soft = shadow * np.outer(*sides).astype(np.float32)
    return np.asarray(np.clip((soft - _INVISIBLE) / (1 - _INVISIBLE), 0, 1), np.float32)


def _foot_size(columns: NDArray[np.intp], lowest: Line, matte: Floats) -> float:
    """A tall thing's shadow is as wide as its foot, not as it is high."""
    height = float(lowest.max() - np.flatnonzero((matte > _BODY).any(axis=1))[0])
    return min(max(height, float(len(columns))), 1.5 * len(columns))


def _level_parts(floor: Line) -> Line:
    """1 where the floor's line is its lowest, less where it rises: there the product curves away from the viewer."""
    rise = (floor.max() - floor) / (0.35 * max(1.0, float(len(floor))))
    return np.asarray(np.exp(-(rise**2)), np.float64)


def _smoothed(line: Line, sigma: float) -> Line:
    kernel = (2 * round(3 * sigma) + 1, 1)
    return np.asarray(cv2.GaussianBlur(line[None], kernel, sigma, borderType=cv2.BORDER_CONSTANT)[0], np.float64)


def _joined(one: Floats, other: Floats) -> Floats:
    """Two layers, one over the other."""
    return np.asarray(one + other - one * other, np.float32)


def _lower_hull(x: Line, y: Line) -> Line:
    """The vertices [n,2] of the smallest line bent only upwards at its ends that no point lies under; y grows down.

    Andrew's monotone chain (1979).
    """
    hull: list[tuple[float, float]] = []
    for point in zip(x.tolist(), y.tolist(), strict=True):
        while len(hull) > 1 and _turns_up(hull[-2], hull[-1], point):
            hull.pop()
        hull.append(point)
    return np.array(hull, np.float64)


def _supported(ends: Line, columns: NDArray[np.intp], lowest: Line) -> bool:
    """Whether the product's outline runs along a piece of its hull, whose `ends` are [2,2]."""
    beside = (columns >= ends[0, 0]) & (columns < ends[1, 0])
    gaps = np.interp(columns[beside] + 0.5, ends[:, 0], ends[:, 1]) - lowest[beside]
    return bool(len(gaps) and gaps.mean() <= _GAP * len(columns))


def _turns_up(first: tuple[float, float], middle: tuple[float, float], last: tuple[float, float]) -> bool:
    """Whether `middle` does not lie under the straight line between the others."""
    along = (middle[0] - first[0]) * (last[1] - first[1])
    return (middle[1] - first[1]) * (last[0] - first[0]) <= along
