"""Composites: a cut-out at a random place over a random background, with a shadow that is not the product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.training.cutout_mattes import Cutout, shrink_cutout
from engine.training.data import Pixels
from engine.training.linear import jpeg_round_trip

Plane = NDArray[np.float32]
EXTENTS = (0.45, 1.05)


@dataclass(frozen=True)
class Scene:
    """One training example."""

    image: Pixels  # [S,S,3]
    alpha: Plane  # [S,S] 0..1


class Grounds(Protocol):
    """Pictures to make backgrounds of."""

    places: list[Pixels]  # floors and walls without a product
    shelves: list[Pixels]  # other things, many of them
    textures: list[Pixels]  # cloth


def compose(
    cutout: Cutout, background: Pixels, rng: np.random.Generator, extents: tuple[float, float] = EXTENTS
) -> Scene:
    """Lay a cut-out over a background [S,S,3], turned, scaled and recoloured at random, with or without a shadow.

    ``extents``: how long the product may be, in parts of S.
    """
    size = background.shape[0]
    colours, alpha, veil = _place(cutout, size, float(rng.uniform(*extents)) * size, rng)
    ground = background.astype(np.float32)
    if veil is None:
        ground = _cast_shadow(ground, alpha, rng)
        veil = alpha
    colours = recolour(turn_hues(colours, rng), rng)
    image = ground + veil[..., None] * (colours - ground)
    return Scene(np.asarray(np.clip(np.rint(image), 0, 255), np.uint8), alpha)


def draw_background(size: int, rng: np.random.Generator, grounds: Grounds) -> Pixels:
    """Return a background [size,size,3]: a place without a product, shelves, a cloth or a studio."""
    kind = rng.random()
    if kind < 0.62:
        pictures = grounds.places if kind < 0.32 else grounds.shelves
        chosen = _random_part(pictures[int(rng.integers(len(pictures)))], rng)
        ground = cv2.resize(chosen, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32)
        if rng.random() < 0.12:
            ground = cv2.GaussianBlur(ground, (0, 0), size * float(rng.uniform(0.005, 0.03)))
    elif kind < 0.74:
        texture = grounds.textures[int(rng.integers(len(grounds.textures)))]
        ground = cv2.resize(texture, (size, size), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    else:
        ground = _studio(size, rng)
    return np.asarray(np.clip(recolour(np.asarray(ground, np.float32), rng), 0, 255), np.uint8)


def recolour(image: Plane, rng: np.random.Generator) -> Plane:
    """Return an image [H,W,3] in 0..255 under another light; sometimes in altogether other colours."""
    if rng.random() < 0.25:
        image = image[..., rng.permutation(3)]
    if rng.random() < 0.15:
        image = image.mean(axis=2, keepdims=True).repeat(3, axis=2)
    gamma = float(np.exp(rng.normal(0, 0.25)))
    gains = np.exp(rng.normal(0, 0.12) + rng.normal(0, 0.06, 3)).astype(np.float32)
    levels = 255.0 * (np.arange(256, dtype=np.float32) / 255.0) ** gamma
    table = np.clip(levels[:, None] * gains, 0, 255)
    steps = np.asarray(np.clip(image, 0, 255), np.uint8)
    return np.stack([table[:, channel][steps[..., channel]] for channel in range(3)], axis=2)


def turn_hues(image: Plane, rng: np.random.Generator) -> Plane:
    """Return an image [H,W,3], two times in three with its hues turned and paler or stronger.

    There are few true mattes, and most of them are of one brand's blue: a product must not be known by its hue.
    """
    if rng.random() > 0.67:
        return image
    angle, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0.0, 1.3)
    lift = (1 - np.cos(angle)) / 3
    a, b, c = np.cos(angle) + lift, lift - np.sin(angle) / np.sqrt(3), lift + np.sin(angle) / np.sqrt(3)
    turned = np.array([[a, b, c], [c, a, b], [b, c, a]])  # a turn about the grey axis
    matrix = strength * turned + (1 - strength) / 3
    return np.asarray(np.clip(image @ matrix.T.astype(np.float32), 0, 255), np.float32)


def spoil(image: Pixels, rng: np.random.Generator) -> Pixels:
    """Return the image as a phone would have kept it: sometimes a little blurred, noisy, compressed."""
    values = image.astype(np.float32)
    if rng.random() < 0.3:
        values = np.asarray(cv2.GaussianBlur(values, (0, 0), float(rng.uniform(0.3, 1.0))), np.float32)
    if rng.random() < 0.4:
        values += rng.normal(0, float(rng.uniform(1, 10)), values.shape).astype(np.float32)
    spoiled = np.asarray(np.clip(values, 0, 255), np.uint8)
    return jpeg_round_trip(spoiled, int(rng.integers(40, 95))) if rng.random() < 0.2 else spoiled


def _place(cutout: Cutout, size: int, extent: float, rng: np.random.Generator) -> tuple[Plane, Plane, Plane | None]:
    """Return colours [S,S,3], alpha and (half of the time, where there is one) veil [S,S] in the frame."""
    small = shrink_cutout(cutout, max(8, int(extent * 1.2)))
    height, width = small.alpha.shape
    squash = float(np.exp(rng.normal(0, 0.18)))  # a frame squeezes photos of any shape into a square
    angle = float(rng.normal(0, 12) if rng.random() < 0.7 else rng.uniform(0, 360))
    scale = extent / max(height, width)
    turn = np.deg2rad(angle)
    matrix = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = np.diag([squash, 1 / squash]) @ matrix @ np.diag([-1.0 if rng.random() < 0.5 else 1.0, 1.0])
    half = np.abs(matrix) @ np.array([width, height]) / 2
    slack = np.maximum(0.0, size / 2 - half)
    overhang = 0.15 * size if rng.random() < 0.15 else 0.0
    middle = size / 2 + rng.uniform(-1, 1, 2) * (slack + overhang)
    shift = middle - matrix @ np.array([width / 2, height / 2])
    affine = np.column_stack([matrix, shift]).astype(np.float32)

    def warp(plane: NDArray[np.float32]) -> Plane:
        return np.asarray(cv2.warpAffine(plane, affine, (size, size), flags=cv2.INTER_LINEAR), np.float32)

    colours = cv2.warpAffine(
        small.image.astype(np.float32), affine, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    kept = small.veil is not None and rng.random() < 0.5
    return np.asarray(colours, np.float32), warp(small.alpha), warp(small.veil) if kept else None  # type: ignore[arg-type]


def _cast_shadow(ground: Plane, alpha: Plane, rng: np.random.Generator) -> Plane:
    if rng.random() < 0.35:
        return ground
    size = alpha.shape[0]
    reach = size * float(rng.uniform(0.0, 0.05))
    direction = float(rng.uniform(0, 2 * np.pi))
    shift = np.array([[1, 0, reach * np.cos(direction)], [0, 1, reach * np.sin(direction)]], np.float32)
    moved = cv2.warpAffine(alpha, shift, (size, size))
    soft = cv2.GaussianBlur(moved, (0, 0), size * float(np.exp(rng.uniform(np.log(0.006), np.log(0.06)))))
    return ground * (1 - float(rng.uniform(0.1, 0.65)) * soft[..., None])


def _random_part(image: Pixels, rng: np.random.Generator) -> Pixels:
    height, width = image.shape[:2]
    share = float(rng.uniform(0.4, 1.0))
    rows, columns = max(4, int(share * height)), max(4, int(share * width))
    top, left = int(rng.integers(0, height - rows + 1)), int(rng.integers(0, width - columns + 1))
    part = image[top : top + rows, left : left + columns]
    return np.ascontiguousarray(np.rot90(part, int(rng.integers(4))))


def _studio(size: int, rng: np.random.Generator) -> Plane:
    """A plain colour with a slope of light, sometimes a horizon between wall and table, sometimes stripes or checks."""
    first = rng.uniform(20, 255, 3) if rng.random() < 0.6 else np.full(3, rng.uniform(120, 255))
    ramp = np.linspace(-1, 1, size, dtype=np.float32)
    slope = rng.uniform(-0.25, 0.25) * ramp[:, None] + rng.uniform(-0.25, 0.25) * ramp[None, :]
    ground = np.broadcast_to(first, (size, size, 3)).astype(np.float32)
    kind = rng.random()
    if kind < 0.3:
        ground = ground.copy()
        ground[int(rng.uniform(0.3, 0.9) * size) :] = rng.uniform(20, 255, 3)
    elif kind < 0.5:
        angle, period = rng.uniform(0, np.pi), rng.uniform(0.03, 0.3) * size
        phase = (np.cos(angle) * np.arange(size)[:, None] + np.sin(angle) * np.arange(size)[None, :]) / period
        stripes = (np.sin(2 * np.pi * phase) > rng.uniform(-0.9, 0.9))[..., None]
        ground = np.where(stripes, ground, rng.uniform(20, 255, 3).astype(np.float32))
    return np.asarray(ground * (1 + slope)[..., None], np.float32)
