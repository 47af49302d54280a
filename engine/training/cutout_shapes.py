"""Procedural products with holes: rings, mugs, bags, chains, frames. So few true mattes have any."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.training.cutout_mattes import Cutout
from engine.training.cutout_prints import print_on
from engine.training.data import Pixels

Canvas = NDArray[np.uint8]
OVERSAMPLE = 3


def draw_shape(size_px: int, rng: np.random.Generator, textures: list[Pixels]) -> Cutout:
    """Return a product of a random kind, [size_px, size_px], with soft edges and true holes."""
    side = size_px * OVERSAMPLE
    canvas = np.zeros((side, side), np.uint8)
    KINDS[int(rng.integers(len(KINDS)))](canvas, rng)
    canvas = cv2.GaussianBlur(canvas, (0, 0), OVERSAMPLE * 0.4)
    alpha = cv2.resize(canvas, (size_px, size_px), interpolation=cv2.INTER_AREA).astype(np.float32) / 255.0
    return Cutout(_surface(alpha, rng, textures), np.asarray(alpha, np.float32))


def _ring(canvas: Canvas, rng: np.random.Generator) -> None:
    side = canvas.shape[0]
    axes = (rng.uniform(0.25, 0.46, 2) * side).astype(int)
    width = int(rng.uniform(0.012, 0.14) * side)
    angle = float(rng.uniform(0, 180))
    cv2.ellipse(canvas, (side // 2, side // 2), axes.tolist(), angle, 0, 360, 255, max(3, width))
    if rng.random() < 0.5:  # a stone, a clasp, a watch's face
        place = np.array([np.cos(angle), np.sin(angle)]) * axes * 0.9 + side / 2
        cv2.circle(canvas, place.astype(int).tolist(), int(width * rng.uniform(0.8, 2.2)), 255, -1)


def _mug(canvas: Canvas, rng: np.random.Generator) -> None:
    side = canvas.shape[0]
    top, bottom, left, right = (rng.uniform(a, b) * side for a, b in ((0.1, 0.3), (0.7, 0.9), (0.1, 0.3), (0.55, 0.7)))
    taper = rng.uniform(-0.08, 0.08) * side
    body = np.array([[left, top], [right, top], [right - taper, bottom], [left + taper, bottom]], np.int32)
    cv2.fillPoly(canvas, [body], 255)
    middle = (int(right - taper / 2), int((top + bottom) / 2))
    axes = (int(rng.uniform(0.12, 0.25) * side), int(rng.uniform(0.25, 0.42) * (bottom - top)))
    cv2.ellipse(canvas, middle, axes, 0, -95, 95, 255, int(rng.uniform(0.02, 0.08) * side))


def _bag(canvas: Canvas, rng: np.random.Generator) -> None:
    side = canvas.shape[0]
    top, bottom = rng.uniform(0.4, 0.6) * side, rng.uniform(0.85, 0.97) * side
    half, flare = rng.uniform(0.2, 0.42) * side, rng.uniform(-0.08, 0.08) * side
    corners = [[-half - flare, top], [half + flare, top], [half, bottom], [-half, bottom]]
    cv2.fillPoly(canvas, [np.array([[x + side / 2, y] for x, y in corners], np.int32)], 255)
    reach = rng.uniform(0.4, 0.9) * half
    axes = (int(reach), int(rng.uniform(0.5, 0.95) * top))
    thickness = int(rng.uniform(0.01, 0.06) * side)
    cv2.ellipse(canvas, (side // 2, int(top)), axes, 0, 180, 360, 255, max(3, thickness))
    if rng.random() < 0.4:
        inner = (int(axes[0] * 0.7), int(axes[1] * 0.75))
        cv2.ellipse(canvas, (side // 2, int(top)), inner, 0, 180, 360, 255, max(3, thickness))


def _chain(canvas: Canvas, rng: np.random.Generator) -> None:
    side, count = canvas.shape[0], int(rng.integers(9, 24))
    axes = rng.uniform(0.2, 0.4, 2) * side
    radius = float(np.pi * axes.mean() / count * rng.uniform(0.9, 1.3))
    width = max(3, int(radius * rng.uniform(0.25, 0.6)))
    for angle in np.linspace(0, 2 * np.pi, count, endpoint=False):
        place = (int(side / 2 + axes[0] * np.cos(angle)), int(side / 2 + axes[1] * np.sin(angle)))
        turned = float(np.degrees(np.arctan2(axes[1] * np.cos(angle), -axes[0] * np.sin(angle))))
        cv2.ellipse(canvas, place, (int(radius), int(radius * 0.65)), turned, 0, 360, 255, width)
    if rng.random() < 0.6:
        cv2.circle(canvas, (side // 2, int(side / 2 + axes[1] + radius)), int(radius * 1.4), 255, -1)


def _spectacles(canvas: Canvas, rng: np.random.Generator) -> None:
    side = canvas.shape[0]
    apart, height = rng.uniform(0.2, 0.25) * side, rng.uniform(0.1, 0.22) * side
    width = max(3, int(rng.uniform(0.012, 0.05) * side))
    fill = -1 if rng.random() < 0.3 else width
    for sign in (-1, 1):
        place = (int(side / 2 + sign * apart), side // 2)
        cv2.ellipse(canvas, place, (int(apart * 0.85), int(height)), 0, 0, 360, 255, fill)
    cv2.line(canvas, (int(side / 2 - apart * 0.2), side // 2), (int(side / 2 + apart * 0.2), side // 2), 255, width)


def _strap(canvas: Canvas, rng: np.random.Generator) -> None:
    """Closed soft loops: belts, cables, a bracelet, a lanyard."""
    side = canvas.shape[0]
    angles = np.linspace(0, 2 * np.pi, 90)
    radius = 0.3 + sum(rng.uniform(-0.07, 0.07) * np.cos(k * angles + rng.uniform(0, 6)) for k in range(1, 5))
    points = np.stack([np.cos(angles), np.sin(angles) * rng.uniform(0.5, 1.0)], 1) * np.asarray(radius)[:, None]
    cv2.polylines(
        canvas, [((points + 0.5) * side).astype(np.int32)], True, 255, max(4, int(rng.uniform(0.012, 0.09) * side))
    )


def _blob(canvas: Canvas, rng: np.random.Generator) -> None:
    """A solid outline, half of the time with holes punched into it."""
    side = canvas.shape[0]
    angles = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    order = int(rng.integers(2, 9))
    radius = 0.32 + sum(rng.uniform(-0.2, 0.2) / k * np.cos(k * angles + rng.uniform(0, 6)) for k in range(1, order))
    points = np.stack([np.cos(angles), np.sin(angles)], 1) * np.clip(np.asarray(radius), 0.06, 0.48)[:, None]
    cv2.fillPoly(canvas, [((points + 0.5) * side).astype(np.int32)], 255)
    for _ in range(int(rng.integers(0, 4))):
        place = (rng.uniform(0.35, 0.65, 2) * side).astype(int).tolist()
        axes = (rng.uniform(0.02, 0.12, 2) * side).astype(int).tolist()
        cv2.ellipse(canvas, place, axes, float(rng.uniform(0, 180)), 0, 360, 0, -1)


KINDS: tuple[Callable[[Canvas, np.random.Generator], None], ...] = (
    _ring, _mug, _bag, _chain, _spectacles, _strap, _blob, _blob,
)  # fmt: skip


def _surface(alpha: NDArray[np.float32], rng: np.random.Generator, textures: list[Pixels]) -> Pixels:
    """Colour a shape: plain or with cloth, shaded towards its edges, half of the time with a print."""
    size = alpha.shape[0]
    if rng.random() < 0.5:
        colours = np.full((size, size, 3), rng.uniform(0, 255, 3), np.uint8)
    else:
        texture = textures[int(rng.integers(len(textures)))]
        colours = np.asarray(cv2.resize(texture, (size, size), interpolation=cv2.INTER_AREA), np.uint8)
    if rng.random() < 0.4:
        print_on(colours, rng)
    depth = cv2.GaussianBlur(alpha, (0, 0), size * float(rng.uniform(0.01, 0.06)))
    shade = 1 + rng.uniform(-0.2, 0.7) * (depth - 0.7)
    ramp = np.linspace(-1, 1, size, dtype=np.float32)
    light = 1 + rng.uniform(-0.3, 0.3) * ramp[:, None] + rng.uniform(-0.3, 0.3) * ramp[None, :]
    return np.asarray(np.clip(colours * (shade * light)[..., None], 0, 255), np.uint8)
