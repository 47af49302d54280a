"""The watch's leather strap: padded leather, stitches, holes and a buckle."""

from __future__ import annotations

import bpy
import numpy as np

from render import materials, shapes
from render.graph import Graph


def strap(side: int) -> bpy.types.Object:
    """Half the strap: padded, tapering, falling from the lugs to the desk; stitched, with holes or a buckle."""
    leather = _leather()
    along = np.linspace(0, 1, 90)
    across = np.linspace(-1, 1, 31)
    length = 10.5 if side > 0 else 7.5
    y = 2.15 + length * along
    fall = 0.36 - 0.22 * np.clip(along * 4, 0, 1) ** 1.5 + 0.05 * np.sin(along * 9 + side) * np.clip(along * 3, 0, 1)
    half = (0.98 - 0.18 * along) * (1 if side < 0 else np.sqrt(np.clip((1.0 - along) / 0.07, 0.02, 1)) ** 0.5)
    pad = (0.2 - 0.1 * along)[:, None] * (1 - np.abs(across) ** 3.0)[None, :]
    points = np.stack([half[:, None] * across, np.repeat(y[:, None], 31, 1), fall[:, None] + pad], -1)
    sway = (0.5 * along**2)[:, None]
    points[..., 0] += sway
    points[..., 1] *= side
    sheet = shapes.thicken(shapes.grid(points if side > 0 else points[::-1], leather, name="strap"), 0.16)
    parts = [sheet, *_stitches(points), *(_holes(points) if side > 0 else _buckle(points[-1]))]
    return shapes.group(parts)


def _leather() -> bpy.types.Material:
    g = Graph("leather")
    pores = g.cells(7)
    creases = g.noise(1.6, 6, 0.7, g.place((0.5, 2.2, 1)))
    tone = g.ramp(
        g.math("ADD", g.math("MULTIPLY", creases, 0.7), g.math("MULTIPLY", pores, 0.35)),
        (0.25, (0.085, 0.032, 0.012)),
        (0.75, (0.26, 0.115, 0.045)),
    )
    gloss = g.spread(creases, 0.3, 0.7, 0.32, 0.6)
    return g.surface(Base_Color=tone, Roughness=gloss, Normal=g.bump(creases, 0.02, g.bump(pores, 0.012)))


def _stitches(points: np.ndarray) -> list[bpy.types.Object]:
    thread = materials.plastic("thread", (0.62, 0.53, 0.38), 0.8)
    made = []
    for column in (2, 28):
        line = points[4:84, column] + [0, 0, 0.045]
        for start in range(0, 78, 3):
            run = np.linspace(line[start], line[min(start + 2, 79)], 4)
            run[[0, -1], 2] -= 0.06
            made.append(shapes.tube(run, 0.028, thread))
    return made


def _holes(points: np.ndarray) -> list[bpy.types.Object]:
    dark = materials.plastic("hole", (0.006, 0.004, 0.003), 0.9)
    made = []
    for row in range(46, 82, 6):
        rim = shapes.lathe(shapes.profile([(0, 0.012, 0), (0.075, 0.012, 0), (0.1, 0.0, 0)]), dark, segments=24)
        made.append(shapes.place(rim, points[row, 15] + [0, 0, 0.006]))
    return made


def _buckle(end: np.ndarray) -> list[bpy.types.Object]:
    steel = materials.metal("buckle", (0.66, 0.65, 0.63), 0.1)
    middle = end.mean(0)
    half = np.array([(1.05, 0.3, 0), (1.1, -0.9, 0), (0.6, -1.15, 0)])
    corners = np.concatenate([half * [-1, 1, 1], half[::-1], [(0.5, 0.42, 0), (-0.5, 0.42, 0)]])
    frame = shapes.tube(corners + middle + [0, 0, 0.1], 0.12, steel, closed=True)
    tongue = shapes.tube(
        np.array([(0, 0.5, 0.05), (0, -0.4, 0.22), (0, -1.1, 0.2), (0, -1.3, 0.12)]) + middle, 0.07, steel
    )
    return [frame, tongue]
