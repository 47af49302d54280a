"""A pair of worn canvas sneakers on a hall floor, one on its side; from above, by a ceiling lamp."""

from __future__ import annotations

from random import Random

import bpy
import numpy as np

from render import clutter, materials, shapes, textures
from render.camera_faults import Faults
from render.graph import Graph
from render.products.shoe_form import LACED, Upper, outline, shoe_point, sole_height, toe_spring
from render.products.shoe_trim import lacing, trim
from render.stage import Shot, View, hang_lamp, light_room

_RUBBER = (0.62, 0.58, 0.5)


def build(rng: Random) -> Shot:
    """Put the shoes down and return the shot."""
    _floor(rng)
    skins = _skins()
    shapes.place(_shoe(skins, 1), (7.2, 0.5, 0), (0, 0, -109))
    shapes.place(_shoe(skins, -1), (-6.6, 4.2, 0), (0, 0, -96))
    _lay_clutter(rng)
    light_room("interior", 0.22, (1.0, 0.88, 0.7), 150)
    hang_lamp((-46, 40, 90), (0, 0, 0), 20, 60, (1.0, 0.72, 0.44))
    view = View((7, -45, 41), (-2.0, -4.2, 2.6), lens_mm=37, roll_deg=3.2, focus=(0, -4, 5))
    faults = Faults(
        key=0.14, balance=0.45, cast=(1.04, 1.0, 0.78), shake_px=1.4, shake_deg=15, quality=78, saturation=0.92
    )
    return Shot(960, 720, view, faults)


def _skins() -> dict[str, bpy.types.Material]:
    g = Graph("rubber")
    dirt = g.spread(g.noise(0.9, 7, 0.7), 0.5, 0.75, 0.0, 0.5)
    rubber = g.surface(
        Base_Color=g.mix(dirt, _RUBBER, (0.26, 0.21, 0.15)), Roughness=0.45, Normal=g.bump(g.noise(9, 4), 0.006)
    )
    return {
        "canvas": _canvas(),
        "lining": materials.cloth("lining", (0.5, 0.45, 0.36), 72, per_uv=12, depth=0.03),
        "rubber": rubber,
        "stripe": materials.plastic("stripe", (0.36, 0.05, 0.04), 0.5),
        "lace": materials.cloth("lace", (0.62, 0.58, 0.5), 73, per_uv=30, depth=0.03),
        "metal": materials.metal("eyelet", (0.66, 0.62, 0.55), 0.25),
        "thread": materials.plastic("thread", (0.6, 0.55, 0.45), 0.8),
        "gum": materials.plastic("gum", (0.32, 0.19, 0.09), 0.6, grain=0.02),
    }


def _canvas() -> bpy.types.Material:
    """Navy canvas, faded in patches, on a lighter weft."""
    g = Graph("canvas")
    faded = g.ramp(g.noise(0.45, 6, 0.65), (0.3, (0.03, 0.055, 0.115)), (0.72, (0.085, 0.125, 0.2)))
    tile = textures.weave(71, uneven=0.6)
    return materials.cloth_on(g, faded, tile, per_uv=12, second=(0.17, 0.21, 0.28), pattern=faded, depth=0.06)


def _shoe(skins: dict[str, bpy.types.Material], side: int) -> bpy.types.Object:
    """One shoe, heel at x = 0, toe at x = 28, standing on z = 0; `side` 1 is a left shoe, -1 a right one."""
    form = Upper(side)
    parts = [*_sole(form, skins), *_upper(form, skins), *trim(form, skins), *lacing(form, skins)]
    return shapes.group(parts, (-14, 0, 0))


def _sole(form: Upper, skins: dict[str, bpy.types.Material]) -> list[bpy.types.Object]:
    """Foxing with a stripe, a gum outsole, an insole."""
    wall = [
        (0.0, -0.25),
        (0.06, -0.03),
        (0.14, 0.06),
        (0.5, 0.02),
        (0.88, 0.05),
        (0.97, -0.02),
        (1.0, -0.16),
        (1.0, -0.6),
    ]
    under = [(0.01, -0.1), (0.01, -1.55), (0.01, -2.7)]
    inside = [(0.85, -0.3), (0.85, -1.5), (0.85, -2.7)]
    return [
        shapes.grid(np.stack([_rim(form, *at) for at in wall]), skins["rubber"], closed=True, name="foxing"),
        shapes.tube(_rim(form, 0.72, 0.05), 0.11, skins["stripe"], closed=True),
        shapes.grid(np.stack([_rim(form, *at) for at in under]), skins["gum"], closed=True),
        shapes.grid(np.stack([_rim(form, *at) for at in inside]), skins["lining"], closed=True),
    ]


def _rim(form: Upper, part: float, grow: float) -> np.ndarray:
    """The sole's outline (240, 3), `grow` cm wider, at `part` of the foxing's height."""
    edge = outline(form, 240)
    return np.c_[outline(form, 240, grow), sole_height(edge[:, 0]) * part + toe_spring(edge[:, 0])]


def _upper(form: Upper, skins: dict[str, bpy.types.Material]) -> list[bpy.types.Object]:
    """Two canvas quarters meeting at heel and vamp, and the tongue under the laces."""
    parts = []
    for half in (-1, 1):
        stations = _even_stations(150)
        rise = np.linspace(0, 1, 44)
        points = np.array([[shoe_point(form, t, s, half) for s in rise] for t in stations])
        sheet = shapes.grid(points if half > 0 else points[::-1], skins["canvas"], name="quarter")
        parts.append(shapes.thicken(sheet, 0.22, -1.0))
    t, across = np.linspace(LACED[0] - 0.07, LACED[1] + 0.05, 40), np.linspace(-1, 1, 17)
    tongue = np.array([[_tongue_point(form, station, x) for x in across] for station in t])
    parts.append(shapes.thicken(shapes.grid(tongue, skins["canvas"], name="tongue"), 0.3, -1.0))
    return parts


def _even_stations(count: int) -> np.ndarray:
    """Stations along the shoe, dense at heel and toe where the form turns."""
    return 0.5 - 0.5 * np.cos(np.pi * np.linspace(0.0, 1.0, count))


def _tongue_point(form: Upper, t: float, across: float) -> np.ndarray:
    edge = [shoe_point(form, max(t, LACED[0]), 1.0, half) for half in (-1, 1)]
    middle = (edge[0] + edge[1]) / 2
    beyond = max(0.0, LACED[0] - t) * 28
    width = 2.1
    crown = 0.32 * (1 - across**2)
    return np.add(middle, [-beyond * 0.55, across * width, crown - 0.35 * across**2 - 0.12 + beyond * 0.95])


def _floor(rng: Random) -> None:
    """Patterned cement tiles with worn glaze and dark joints."""
    shapes.box((400, 400, 2), 0, materials.paper("joint", (0.16, 0.14, 0.12), fibre=0.02), at=(0, 0, -2.12))
    tones = [_tile(f"tile {index}", color) for index, color in enumerate(((0.42, 0.31, 0.22), (0.5, 0.43, 0.34)))]
    for row in range(-6, 8):
        for column in range(-7, 8):
            tile = shapes.box(
                (14.7, 14.7, 1),
                0.12,
                tones[(row + column) % 2],
                at=(column * 15, row * 15, -1 + rng.uniform(-0.03, 0.03)),
            )
            tile.rotation_euler = (rng.gauss(0, 0.002), rng.gauss(0, 0.002), rng.gauss(0, 0.003))


def _tile(name: str, color: tuple[float, float, float]) -> bpy.types.Material:
    g = Graph(name)
    clouds = g.noise(0.35, 7, 0.65)
    base = g.ramp(clouds, (0.25, tuple(c * 0.55 for c in color)), (0.75, tuple(min(1.0, c * 1.2) for c in color)))
    island = g.node("ShaderNodeObjectInfo", {}, "Random")
    base = g.mix(g.spread(island, 0, 1, 0.0, 0.35), base, (0.3, 0.22, 0.16))
    base = g.mix(g.spread(g.noise(3.5, 5, 0.7), 0.62, 0.72, 0.0, 0.5), base, (0.13, 0.1, 0.08))
    return g.surface(
        Base_Color=base, Roughness=g.spread(g.noise(0.6, 6), 0.3, 0.7, 0.22, 0.5), Normal=g.bump(g.noise(1.4, 5), 0.02)
    )


def _lay_clutter(rng: Random) -> None:
    """A coir mat, a wall with its skirting, a cable and grit."""
    coir = materials.cloth("coir", (0.2, 0.13, 0.07), 91, per_uv=11, second=(0.26, 0.17, 0.09), depth=0.35)
    mat = clutter.crumpled(92, (60, 36), 0.5, slope=2.2)
    shapes.place(shapes.thicken(shapes.grid(mat, coir, name="mat"), 1.2, 1.0), (-40, 14, 0.1), (0, 0, 78))
    shapes.box((300, 4, 120), 0, materials.wall("wall", (0.5, 0.46, 0.4)), at=(0, 42, 0))
    shapes.box((300, 2, 9), 0.5, materials.plastic("skirting", (0.6, 0.57, 0.5), 0.4), at=(0, 39.5, 0))
    clutter.cable([(50, 34, 0.3), (34, 35, 0.3), (24, 30, 0.3), (20, 22, 0.3), (25, 15, 0.3), (22, 7, 0.3)])
    grit = materials.plastic("grit", (0.16, 0.13, 0.1), 0.9)
    for _ in range(40):
        crumb = shapes.box((0.2, 0.16, 0.12), 0, grit, at=(rng.uniform(-30, 30), rng.uniform(-24, 30), 0))
        shapes.place(crumb, crumb.location, (rng.uniform(0, 90), 0, rng.uniform(0, 360)), rng.uniform(0.4, 1.6))
