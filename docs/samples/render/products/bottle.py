"""An amber bottle of hand wash on a tiled bathroom shelf under a greenish tube light."""

from __future__ import annotations

from random import Random

import bpy
import numpy as np

from render import materials, prints, shapes
from render.camera_faults import Faults
from render.graph import Graph
from render.stage import Shot, View, hang_lamp, light_room

_RADIUS = 3.15
_INK = (38, 44, 40)


_SMALL_PRINT = (
    "A gentle wash for daily use.",
    "Lather with warm water,",
    "rinse well, pat dry.",
    "",
    "Ingredients: water, olive oil soap,",
    "glycerine, sea salt, rosemary oil,",
    "citric acid, tocopherol.",
    "Made in small batches.",
)


def build(rng: Random) -> Shot:
    """Furnish the shelf and return the shot."""
    _tile_wall()
    shapes.box((160, 40, 4), 0.5, _stone(), at=(0, 0, -4))
    shapes.place(_bottle(), (0.4, 0, 0), (0, 0, -7))
    _lay_clutter(rng)
    light_room("interior", 0.22, (0.85, 1.0, 0.8), 200)
    hang_lamp((30, -20, 75), (0, 5, 5), 26, 42, (0.86, 1.0, 0.72))
    hang_lamp((-70, -60, 30), (0, 0, 8), 50, 12, (0.75, 0.9, 1.0))
    view = View((-4.5, -36, 14), (0.9, 0, 9.6), lens_mm=40, roll_deg=2.6, focus=(0, -3, 8))
    faults = Faults(
        key=0.13, balance=0.4, cast=(0.97, 1.0, 0.8), shake_px=0.8, shake_deg=80, quality=84, saturation=0.9
    )
    return Shot(720, 960, view, faults)


def _bottle() -> bpy.types.Object:
    outside = [(0, 0.25, 0), (2.2, 0.25, 0.2), (2.6, 0, 0.3), (_RADIUS, 0.05, 0.5), (_RADIUS, 11.2, 2.2)]
    neck = [(2.2, 13.2, 1.0), (1.35, 13.7, 0.5), (1.35, 15.2, 0.05), (1.15, 15.2, 0.05), (1.15, 13.6, 0.4)]
    wall = [*outside, *neck, (2.1, 12.9, 1.0), (2.95, 11.2, 2.0), (2.95, 0.5, 0.5), (0, 0.5, 0)]
    amber = materials.glass("amber", (0.62, 0.2, 0.03), 1.5)
    glass = shapes.lathe(shapes.profile(wall, 10), amber, segments=160, name="bottle")
    soap = Graph("soap").surface(Base_Color=(0.75, 0.45, 0.12), Transmission_Weight=1.0, IOR=1.36, Roughness=0.03)
    fill = shapes.profile([(0, 0.52, 0), (2.93, 0.52, 0.4), (2.93, 9.6, 0.02), (0, 9.6, 0)])
    return shapes.group([glass, shapes.lathe(fill, soap), _label(), *_pump()])


def _label() -> bpy.types.Object:
    """A paper label around the front two thirds, one corner lifting."""
    angle = np.linspace(-2.05, 2.05, 120) - np.pi / 2
    height = np.linspace(1.6, 9.9, 40)
    lift = (
        np.clip(np.linspace(-1, 1, 120)[None, :] - 0.86, 0, 1)
        * np.clip(np.linspace(-1, 1, 40)[:, None] - 0.4, 0, 1)
        * 6
    )
    radius = _RADIUS + 0.012 + lift + 0.006 * np.sin(np.linspace(0, 40, 120))[None, :]
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle), np.repeat(height[:, None], 120, 1)], -1)
    sheet = shapes.grid(points, materials.printed("label", _print_label(), rough=0.55, fibre=0.004), name="label")
    return shapes.thicken(sheet, 0.015, 1.0)


def _print_label() -> prints.Pixels:
    sheet = prints.Sheet(2200, 1424, (226, 220, 203))
    sheet.block(0.3, 0.06, 0.7, 0.94, None, _INK, 5)
    sheet.words("HOLM & FERN", 0.5, 0.19, 0.085, _INK, "serif", spacing=0.06)
    sheet.line([(0.42, 0.27), (0.58, 0.27)], 4, _INK)
    sheet.words("No. 7", 0.5, 0.37, 0.11, (140, 92, 40), "italic")
    sheet.words("ROSEMARY · SEA SALT", 0.5, 0.5, 0.052, _INK, "heavy", spacing=0.12)
    sheet.words("hand wash with olive oil", 0.5, 0.58, 0.05, _INK, "italic")
    _sprig(sheet)
    sheet.words("250 ml  ·  8.4 fl oz", 0.5, 0.88, 0.045, _INK, "sans", spacing=0.04)
    for row, line in enumerate(_SMALL_PRINT):
        sheet.words(line, 0.85, 0.2 + row * 0.055, 0.032, _INK, "plain")
        sheet.words(line[::-1].lower(), 0.15, 0.2 + row * 0.055, 0.03, _INK, "plain")  # stands for another language
    sheet.bars(0.8, 0.72, 0.92, 0.9, _INK, 3)
    return sheet.pixels()


def _sprig(sheet: prints.Sheet) -> None:
    stem = [(0.5 + 0.012 * np.sin(t * 3), 0.82 - 0.17 * t) for t in np.linspace(0, 1, 12)]
    sheet.line(stem, 5, (70, 92, 62))
    for index, (x, y) in enumerate(stem[1:]):
        side = 1 if index % 2 else -1
        sheet.area(
            [(x, y), (x + side * 0.018, y - 0.035), (x + side * 0.03, y - 0.045), (x + side * 0.02, y - 0.02)],
            (70, 92, 62),
        )


def _pump() -> list[bpy.types.Object]:
    black = materials.plastic("pump", (0.018, 0.018, 0.018), 0.38)
    collar = shapes.lathe(_ribbed_collar(), black, segments=144)
    neck = shapes.lathe(
        shapes.profile(
            [(0, 15.9, 0), (1.0, 15.9, 0.15), (0.95, 16.6, 0.2), (0.42, 16.8, 0.1), (0.42, 18.4, 0), (0, 18.4, 0)]
        ),
        black,
    )
    head = shapes.lathe(
        shapes.profile([(0, 18.2, 0), (0.85, 18.2, 0.15), (0.95, 19.3, 0.25), (0.3, 19.5, 0.2), (0, 19.5, 0)]), black
    )
    spout = shapes.tube(
        [(0, 0, 18.85), (-1.2, -0.3, 18.95), (-2.6, -0.7, 18.95), (-3.3, -0.9, 18.75), (-3.5, -0.95, 18.3)], 0.42, black
    )
    straw = shapes.tube(
        [(0, 0, 14), (0.1, 0, 9), (0.5, 0, 4), (1.1, 0, 0.8)], 0.22, materials.plastic("straw", (0.6, 0.6, 0.58), 0.4)
    )
    return [collar, neck, head, spout, straw]


def _ribbed_collar() -> np.ndarray:
    return shapes.profile(
        [
            (1.36, 14.0, 0),
            (1.62, 14.0, 0.06),
            (1.62, 14.3, 0.05),
            (1.55, 14.36, 0.04),
            (1.55, 15.7, 0.1),
            (1.4, 15.95, 0.1),
            (0, 15.95, 0),
        ]
    )


def _tile_wall() -> None:
    """Hand-made tiles, each a little out of true, over grey grout."""
    placing = Random(4)
    glaze = _tile_glaze()
    shapes.box((200, 2, 130), 0, materials.paper("grout", (0.42, 0.42, 0.4), fibre=0.02), at=(0, 20.9, -40))
    for row in range(-1, 8):
        for column in range(-7, 8):
            x = column * 10.25 + (5.1 if row % 2 else 0)
            tile = shapes.box((10, 0.8, 5), 0.14, glaze, at=(x, 20.2, 0.1 + row * 5.25))
            shapes.place(tile, tile.location, [placing.gauss(0, 0.5) for _ in range(3)])


def _tile_glaze() -> bpy.types.Material:
    g = Graph("tile")
    tone = g.node("ShaderNodeObjectInfo", {}, "Random")
    base = g.ramp(tone, (0.0, (0.5, 0.56, 0.52)), (1.0, (0.68, 0.71, 0.66)))
    base = g.mix(g.spread(g.noise(0.3, 4), 0.35, 0.7, 0.0, 0.25), base, (0.42, 0.5, 0.46))
    return g.surface(Base_Color=base, Roughness=0.1, Normal=g.bump(g.noise(0.45, 2), 0.06), Coat_Weight=0.3)


def _stone() -> bpy.types.Material:
    g = Graph("terrazzo")
    chips = g.cells(1.6, out="Color")
    tone = g.node("ShaderNodeSeparateColor", {0: chips}, "Red")
    edge = g.spread(g.cells(1.6), 0.32, 0.4, 1.0, 0.0)
    stone = g.ramp(tone, (0.3, (0.12, 0.11, 0.1)), (0.55, (0.34, 0.26, 0.18)), (0.9, (0.74, 0.72, 0.68)))
    base = g.mix(g.math("MULTIPLY", edge, g.spread(tone, 0.3, 0.35)), (0.5, 0.48, 0.44), stone)
    wet = g.spread(g.noise(0.15, 5), 0.4, 0.62, 0.3, 0.12)
    return g.surface(Base_Color=base, Roughness=wet, Normal=g.bump(g.noise(2, 3), 0.01))


def _lay_clutter(rng: Random) -> None:
    towel = materials.cloth("towel", (0.3, 0.38, 0.42), 8, per_uv=6, second=(0.36, 0.43, 0.46), depth=0.12)
    y, x = np.mgrid[0:1:120j, 0:1:120j]
    folds = 1.3 * np.sin(x * 19 + 2 * y) * (0.3 + 0.7 * (1 - y)) + 0.5 * np.sin(x * 43 + 1)
    hang = np.stack([13 + 17 * x + 0.6 * np.sin(5 * y), 16.5 + folds, -2 + 36 * y], -1)
    shapes.thicken(shapes.grid(hang, towel, name="towel"), 0.35)
    _toothbrush_cup(rng)
    soap = materials.plastic("soap", (0.72, 0.62, 0.44), 0.45, grain=0.004)
    dish = shapes.profile([(0, 0, 0), (3.5, 0, 0.4), (5.0, 1.5, 0.3), (4.8, 1.6, 0.1), (3.3, 0.5, 0.4), (0, 0.4, 0)])
    shapes.place(shapes.lathe(dish, materials.plastic("dish", (0.62, 0.6, 0.55), 0.2)), (9, -5.5, 0))
    shapes.place(shapes.subdivide(shapes.box((6, 4, 2.2), 0.8, soap), 1), (9, -5.5, 0.6), (4, 3, 25))
    for _ in range(26):  # splashes
        drop = shapes.lathe(np.array([[0.22, 0.0], [0.2, 0.06], [0.1, 0.1], [0, 0.11]]), _water(), segments=24)
        shapes.place(drop, (rng.uniform(-14, 14), rng.uniform(-14, 4), 0), scale=rng.uniform(0.4, 1.6))


def _water() -> bpy.types.Material:
    return bpy.data.materials.get("water") or materials.glass("water", index=1.33)


def _toothbrush_cup(rng: Random) -> None:
    steel = materials.metal("cup", (0.7, 0.7, 0.7), 0.22, brushed=(0.3, 0.3, 8))
    cup = shapes.profile([(0, 0, 0), (3.4, 0, 0.3), (3.5, 9.5, 0.1), (3.35, 9.5, 0.1), (3.2, 0.3, 0.3), (0, 0.3, 0)])
    shapes.place(shapes.lathe(cup, steel), (-11, 8, 0))
    for color, lean in (((0.5, 0.12, 0.1), 14), ((0.1, 0.28, 0.42), -9)):
        stick = shapes.box((0.9, 0.5, 15), 0.2, materials.plastic("brush", color, 0.3))
        head = shapes.box(
            (1.0, 0.9, 2.6), 0.08, materials.plastic("bristles", (0.7, 0.75, 0.75), 0.8, grain=0.1), at=(0, -0.5, 14.2)
        )
        shapes.group([stick, head], (-11 + lean * 0.04, 8, 1), (0, lean, rng.uniform(-50, 50)))
