"""Owns what lies about in the pictures: rooms, tables, cloths, books, cables, keys, plants; never the product."""

from __future__ import annotations

import math
from random import Random

import bpy
import numpy as np
from numpy.typing import ArrayLike, NDArray

from render import materials, prints, shapes
from render.graph import Graph
from render.textures import clouds

Object = bpy.types.Object
Color = tuple[float, float, float]


def table(rng: Random, light: Color, dark: Color, *, width: float = 140, depth: float = 70, planks: int = 6) -> None:
    """A table top of planks along x with its surface at z = 0, its centre at the origin."""
    board = materials.wood("table", light, dark)
    step = depth / planks
    for index in range(planks):
        y = (index + 0.5) * step - depth / 2
        plank = shapes.box(
            (width, step - 0.06, 3), 0.12, board, at=(rng.uniform(-1, 1), y, -3 + rng.uniform(-0.02, 0.02))
        )
        plank.name = f"plank {index}"


def room(
    wall_color: Color, *, wall_y: float = 90, floor_z: float = -75, floor_color: Color = (0.2, 0.13, 0.08)
) -> None:
    """A back wall with its skirting board and a dark floor."""
    paint = materials.wall("wall", wall_color)
    shapes.box((600, 10, 400), 0, paint, at=(0, wall_y + 5, floor_z))
    shapes.box((600, 2, 9), 0.4, materials.plastic("skirting", (0.7, 0.68, 0.63), 0.4), at=(0, wall_y - 1, floor_z))
    shapes.box(
        (600, 400, 2),
        0,
        materials.wood("floor", floor_color, tuple(c * 0.5 for c in floor_color)),
        at=(0, 0, floor_z - 2),
    )


def book(rng: Random, size: ArrayLike, title: str, author: str, paper: prints.Ink, ink: prints.Ink) -> Object:
    """A closed book lying flat, spine towards -y, its corner block standing on z = 0; size is length, depth, height."""
    length, depth, height = (float(side) for side in np.asarray(size))
    board = 0.22
    linen = materials.printed("cover", prints.cover(title, author.upper(), paper, ink), rough=0.55, fibre=0.01)
    back = materials.printed("spine", prints.spine(title, author, paper, ink), rough=0.55, fibre=0.01)
    parts = [
        shapes.box((length, depth, board), 0.06, linen),
        shapes.box((length, depth, board), 0.06, linen, at=(0, 0, height - board)),
        shapes.box((length, board, height - 0.02), 0.1, back, at=(0, -depth / 2 + board / 2, 0.01)),
        shapes.box((length - 0.7, depth - 0.6, height - 2 * board), 0.02, _pages(), at=(0, 0.1, board)),
    ]
    return shapes.group(parts, (0, 0, 0), (0, 0, rng.uniform(-3, 3)))


def cable(path: ArrayLike, radius: float = 0.22, color: Color = (0.02, 0.02, 0.02)) -> Object:
    """A charging cable along `path` (n, 3), ending in a plug."""
    skin = materials.plastic("cable", color, 0.4)
    points = np.asarray(path, dtype=float)
    run = shapes.tube(points, radius, skin)
    along = points[-1] - points[-2]
    turn = math.degrees(math.atan2(along[1], along[0]))
    plug = shapes.box((2.2, 1.0, 0.6), 0.15, skin, at=(1.0, 0, -0.3))
    tongue = shapes.box((0.8, 0.8, 0.25), 0.06, materials.metal("plug", (0.8, 0.8, 0.8)), at=(2.4, 0, -0.12))
    shapes.group([plug, tongue], points[-1], (0, 0, turn))
    return run


def pen(color: Color, length: float = 14.0) -> Object:
    """A ballpoint lying along x on z = 0."""
    body = materials.plastic("pen", color, 0.25)
    steel = materials.metal("pen tip", (0.75, 0.75, 0.77))
    barrel = shapes.lathe(
        shapes.profile([(0, 0, 0), (0.42, 0, 0.1), (0.45, length * 0.6, 0.1), (0.38, length, 0.15), (0, length, 0)]),
        body,
    )
    tip = shapes.lathe(np.array([[0.4, 0.0], [0.32, -0.6], [0.1, -1.5], [0.05, -1.8], [0, -1.8]]), steel)
    clip = shapes.box((0.25, 0.12, 4.2), 0.05, steel, at=(0, 0.5, length - 4.6))
    lying = shapes.group([barrel, tip, clip], (0, 0, 0.46), (0, 90, 0))
    return shapes.group([lying])


def coins(rng: Random, at: ArrayLike, count: int = 3) -> None:
    """A few coins lying about `at`."""
    copper = materials.metal("coin", (0.72, 0.42, 0.22), 0.3)
    brass = materials.metal("brass coin", (0.75, 0.6, 0.3), 0.3)
    for index in range(count):
        edge = shapes.profile(
            [(0, 0, 0), (1.0, 0, 0.03), (1.0, 0.17, 0.03), (0.9, 0.17, 0.02), (0.86, 0.14, 0.02), (0, 0.14, 0)], 4
        )
        spot = np.add(at, [rng.uniform(-3, 3), rng.uniform(-2, 2), 0.002 * index])
        shapes.place(shapes.lathe(edge, rng.choice([copper, brass]), segments=64), spot, scale=rng.uniform(0.85, 1.15))


def keys(at: ArrayLike) -> None:
    """Three keys on a ring, lying at `at`."""
    steel = materials.metal("key", (0.6, 0.58, 0.54), 0.25)
    brass = materials.metal("brass key", (0.7, 0.54, 0.28), 0.25)
    around = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    loop = np.stack([1.3 * np.cos(around), 1.3 * np.sin(around), 0.05 * np.sin(around * 3)], -1)
    parts = [shapes.tube(loop, 0.08, steel, closed=True)]
    for turn, skin in ((200, steel), (245, brass), (290, steel)):
        out = np.radians(turn)
        parts.append(shapes.place(_key(skin), (2.0 * np.cos(out), 2.0 * np.sin(out), 0.0002 * turn), (2, 3, turn)))
    shapes.group(parts, at)


def crumpled(
    seed: int, size: tuple[float, float], height: float, cells: int = 220, *, slope: float = 2.1, ridge: float = 0.5
) -> NDArray[np.float64]:
    """Points (cells, cells, 3) of a cloth thrown down: long soft folds with sharper ridges, `height` cm at most."""
    field = clouds(seed, 512, slope)[:cells, :cells].astype(float)
    sharp = 1.0 - np.abs(2 * clouds(seed + 1, 512, slope)[:cells, :cells].astype(float) - 1.0)
    folds = (1 - ridge) * field + ridge * sharp**3
    y, x = np.mgrid[-0.5 : 0.5 : cells * 1j, -0.5 : 0.5 : cells * 1j]
    wobble = 0.02 * (clouds(seed + 2, 512, 1.8)[:cells, :cells] - 0.5)
    return np.stack([(x + wobble) * size[0], (y + wobble) * size[1], folds * height], -1)


def plant(rng: Random, at: ArrayLike, leaves: int = 26, reach: float = 14.0) -> None:
    """A pot plant with arching leaves."""
    clay = materials.plastic("pot", (0.42, 0.19, 0.11), 0.8, grain=0.01)
    spot = np.asarray(at, dtype=float)
    outside = [(0, 0, 0), (4.2, 0, 0.3), (5.8, 9, 0.2), (6.4, 9, 0.2), (6.4, 11, 0.3)]
    wall = shapes.profile([*outside, (5.6, 11, 0.2), (5.2, 9.5, 0.2), (0, 9.5, 0)])
    shapes.place(shapes.lathe(wall, clay), spot)
    green = _leaf_skin()
    for index in range(leaves):
        turn, lean = index * 2.4 + rng.uniform(-0.3, 0.3), rng.uniform(0.35, 1.0)
        blade = _leaf(rng, reach * rng.uniform(0.7, 1.2), lean, green)
        shapes.place(blade, np.add(spot, [0, 0, 9.5]), (0, 0, math.degrees(turn)))


def _key(skin: bpy.types.Material) -> Object:
    plate = shapes.profile([(0, 0, 0), (1.05, 0, 0.03), (1.05, 0.2, 0.03), (0, 0.2, 0)])
    head = shapes.bevel(shapes.lathe(plate, skin, segments=10), 0.04)
    shaft = shapes.box((2.9, 0.65, 0.18), 0.04, skin, at=(2.3, 0, 0.01))
    teeth = [
        shapes.box((0.22, 0.3 + 0.12 * (index % 3), 0.17), 0.02, skin, at=(1.8 + index * 0.42, -0.42, 0.01))
        for index in range(4)
    ]
    return shapes.group([head, shaft, *teeth])


def _leaf(rng: Random, length: float, lean: float, skin: bpy.types.Material) -> Object:
    t = np.linspace(0, 1, 14)
    half = 0.16 * length * np.sin(np.pi * np.clip(t * 0.94 + 0.05, 0, 1)) ** 0.8
    out, up = lean * length * t, length * (t - 0.75 * lean * t**2.2)
    across = np.linspace(-1, 1, 5)
    curl = rng.uniform(0.05, 0.3)
    points = np.stack(
        [
            np.repeat(out[:, None], 5, 1),
            half[:, None] * across[None, :],
            up[:, None] + curl * half[:, None] * np.abs(across)[None, :],
        ],
        -1,
    )
    return shapes.subdivide(shapes.grid(points, skin, name="leaf"), 1)


def _leaf_skin() -> bpy.types.Material:
    g = Graph("leaf")
    veins = g.noise(1.2, 4, 0.6, g.place((0.3, 2.0, 0.3)))
    tone = g.ramp(veins, (0.3, (0.02, 0.07, 0.015)), (0.7, (0.09, 0.2, 0.04)))
    return g.surface(Base_Color=tone, Roughness=0.4, Normal=g.bump(veins, 0.03), Subsurface_Weight=0.1)


def _pages() -> bpy.types.Material:
    g = Graph("pages")
    leaves = g.noise(22, 2, 0.7, g.place((0.02, 0.02, 1.0)))
    tone = g.ramp(leaves, (0.3, (0.45, 0.39, 0.29)), (0.7, (0.78, 0.72, 0.6)))
    return g.surface(Base_Color=tone, Roughness=0.9, Normal=g.bump(leaves, 0.03))
