"""Holes of the kinds that merchants ask to fill: dust, scratches, seams, tags, hangers, blots. Seeded."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]  # [H,W], 255 inside the hole


def draw_hole(kind: str, height: int, width: int, rng: np.random.Generator) -> Mask:
    """Return one hole of ``kind`` (see `KINDS`) in a picture of height × width; never empty, never more than half."""
    while True:
        mask = np.zeros((height, width), np.uint8)
        KINDS[kind](mask, rng)
        if 0.0 < np.count_nonzero(mask) / mask.size <= 0.5:
            return mask


def _dust(mask: Mask, rng: np.random.Generator) -> None:
    for _ in range(int(rng.integers(4, 30))):
        cv2.circle(mask, _point(mask, rng), int(rng.integers(1, 6)), 255, -1)


def _scratch(mask: Mask, rng: np.random.Generator) -> None:
    for _ in range(int(rng.integers(1, 4))):
        _walk(mask, rng, turn=0.6, step_px=0.12 * min(mask.shape), thickness=int(rng.integers(2, 9)))


def _seam(mask: Mask, rng: np.random.Generator) -> None:
    """A straight line through the whole picture, nearly level or upright."""
    height, width = mask.shape
    start, end = rng.uniform(0.05, 0.95), 0.0
    end = float(np.clip(start + rng.normal(0, 0.1), 0, 1))
    thickness = int(rng.integers(3, 15))
    if rng.random() < 0.5:
        cv2.line(mask, (0, int(start * height)), (width, int(end * height)), 255, thickness)
    else:
        cv2.line(mask, (int(start * width), 0), (int(end * width), height), 255, thickness)


def _tag(mask: Mask, rng: np.random.Generator) -> None:
    """A rectangle, most often upright, a tenth to 45 % of the shorter side."""
    sides = rng.uniform(0.1, 0.45, 2) * min(mask.shape)
    angle = float(rng.uniform(-20, 20)) if rng.random() < 0.5 else 0.0
    corners = cv2.boxPoints((tuple(map(float, _point(mask, rng))), tuple(map(float, sides)), angle))
    cv2.fillConvexPoly(mask, np.asarray(np.round(corners), np.int32), 255)


def _hanger(mask: Mask, rng: np.random.Generator) -> None:
    """A hook and two sloping arms."""
    x, y = _point(mask, rng)
    size = float(rng.uniform(0.2, 0.45) * min(mask.shape))
    thickness = int(rng.integers(4, 13))
    cv2.ellipse(mask, (x, y), (int(0.15 * size),) * 2, 0, -200, 70, 255, thickness)
    neck = (x, int(y + 0.35 * size))
    cv2.line(mask, (x, int(y + 0.15 * size)), neck, 255, thickness)
    for side in (-1, 1):
        cv2.line(mask, neck, (int(x + side * size), int(neck[1] + rng.uniform(0.2, 0.5) * size)), 255, thickness)


def _blot(mask: Mask, rng: np.random.Generator) -> None:
    x, y = _point(mask, rng)
    for _ in range(int(rng.integers(2, 6))):
        reach = 0.16 * min(mask.shape)
        centre = (int(x + rng.normal(0, reach / 2)), int(y + rng.normal(0, reach / 2)))
        axes = tuple(int(length) for length in rng.uniform(0.25, 1.0, 2) * reach)
        cv2.ellipse(mask, centre, axes, float(rng.uniform(0, 180)), 0, 360, 255, -1)


KINDS: dict[str, Callable[[Mask, np.random.Generator], None]] = {
    "dust": _dust,
    "scratch": _scratch,
    "seam": _seam,
    "tag": _tag,
    "hanger": _hanger,
    "blot": _blot,
}


def _point(mask: Mask, rng: np.random.Generator) -> tuple[int, int]:
    return int(rng.integers(0, mask.shape[1])), int(rng.integers(0, mask.shape[0]))


def _walk(mask: Mask, rng: np.random.Generator, turn: float, step_px: float, thickness: int) -> None:
    """Draw a wandering line: every step turns by a normal angle of standard deviation ``turn`` radians."""
    position, heading = np.asarray(_point(mask, rng), np.float64), float(rng.uniform(0, 2 * np.pi))
    for _ in range(int(rng.integers(3, 10))):
        heading += float(rng.normal(0, turn))
        after = position + step_px * np.array([np.cos(heading), np.sin(heading)])
        cv2.line(mask, tuple(map(int, position)), tuple(map(int, after)), 255, thickness)
        position = after
