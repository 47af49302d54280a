"""A table lamp, switched on, on a sideboard at dusk: the shade burns out while the room stays dark and orange."""

from __future__ import annotations

from random import Random

import bpy
import numpy as np

from render import clutter, materials, prints, shapes, textures
from render.camera_faults import Faults
from render.graph import Graph
from render.stage import Shot, View, hang_lamp, light_room

_BOOKS = (
    ("The Long Hedge", "R. Ostrow", (92, 80, 42), (240, 226, 180)),
    ("Harbour Notes", "E. Quill", (30, 44, 70), (222, 214, 196)),
    ("Moths", "I. Dunne", (150, 140, 120), (50, 40, 32)),
)


def build(rng: Random) -> Shot:
    """Switch the lamp on and return the shot."""
    clutter.room((0.4, 0.43, 0.38), wall_y=19)
    clutter.table(rng, (0.3, 0.17, 0.09), (0.11, 0.055, 0.03), depth=42, planks=3)
    shapes.group([*_foot(), *_shade(), _flex()], (-1.5, 1, 0), (0, 0, 10))
    _light_bulb((-1.5, 1, 33))
    _lay_clutter(rng)
    light_room("interior", 0.10, (0.7, 0.84, 1.0), 200)
    hang_lamp((50, -90, 60), (0, 0, 20), 60, 22, (0.7, 0.85, 1.0))
    view = View((10, -86, 34), (0.2, 0, 20.5), lens_mm=38, roll_deg=1.8, focus=(0, -6, 20))
    faults = Faults(
        key=0.13, balance=0.5, cast=(1.06, 1.0, 0.84), shake_px=1.4, shake_deg=70, vignette=0.3, quality=82, blur_px=0.7
    )
    return Shot(1200, 1600, view, faults)


def _foot() -> list[bpy.types.Object]:
    """A gourd of crackled celadon on a turned wooden base, with brass above."""
    base = materials.wood("base", (0.16, 0.09, 0.05), (0.05, 0.025, 0.015), along="y", gloss=0.3)
    brass = materials.metal("brass", (0.78, 0.56, 0.27), 0.22)
    plinth = shapes.profile([(0, 0, 0), (7.2, 0, 0.2), (7.2, 1.0, 0.3), (6.4, 1.9, 0.6), (5.2, 2.1, 0.2), (0, 2.1, 0)])
    gourd = [
        (4.4, 2.1, 0),
        (5.0, 2.3, 0.3),
        (8.6, 8.0, 5.0),
        (6.4, 14.5, 4.0),
        (3.4, 16.2, 2.0),
        (3.9, 19.2, 2.6),
        (2.0, 22.4, 1.2),
        (2.3, 23.0, 0.3),
        (0, 23.2, 0),
    ]
    rod = shapes.profile(
        [
            (0, 23.2, 0),
            (1.5, 23.2, 0.1),
            (1.5, 23.7, 0.1),
            (0.6, 24.1, 0.2),
            (0.6, 27.6, 0.1),
            (1.5, 27.9, 0.2),
            (1.5, 31.5, 0.3),
            (0, 31.6, 0),
        ]
    )
    return [
        shapes.lathe(plinth, base),
        shapes.lathe(shapes.profile(gourd, 14), _celadon(), segments=192, name="gourd"),
        shapes.lathe(rod, brass, segments=64),
    ]


def _celadon() -> bpy.types.Material:
    """Grey-green glaze that pools in the waist, with a net of fine brown cracks."""
    g = Graph("celadon")
    bent = g.node(
        "ShaderNodeVectorMath",
        {0: g.place(), 1: g.node("ShaderNodeTexNoise", {"Scale": 0.9}, "Color")},
        operation="ADD",
    )
    cracks = g.node("ShaderNodeTexVoronoi", {"Vector": bent, "Scale": 0.62}, "Distance", feature="DISTANCE_TO_EDGE")
    fine = g.node("ShaderNodeTexVoronoi", {"Vector": bent, "Scale": 1.5}, "Distance", feature="DISTANCE_TO_EDGE")
    line = g.math("MAXIMUM", g.spread(cracks, 0.0, 0.022, 0.85, 0.0), g.spread(fine, 0.0, 0.016, 0.35, 0.0))
    glaze = g.ramp(g.noise(0.25, 5), (0.3, (0.2, 0.33, 0.27)), (0.7, (0.38, 0.48, 0.38)))
    base = g.mix(line, glaze, (0.09, 0.055, 0.03))
    return g.surface(
        Base_Color=base, Roughness=0.1, Normal=g.bump(g.noise(0.5, 3), 0.03), Coat_Weight=0.5, Coat_Roughness=0.04
    )


def _shade() -> list[bpy.types.Object]:
    """A pleated linen drum on brass rings, open above and below."""
    angle = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    level = np.linspace(0, 1, 60)[:, None]
    pleats = 0.16 * np.abs(np.sin(angle * 60)) + 0.05 * np.sin(angle * 7 + 1)
    radius = 14.2 - 4.8 * level + pleats * (0.7 + 0.3 * np.sin(level * 9 + angle * 3))
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle), 25.5 + 16.5 * level + 0 * radius], -1)
    linen = _lit_linen()
    parts = [shapes.grid(points, linen, closed=True, name="shade")]
    for size, height in ((14.35, 25.5), (9.55, 42.0)):
        around = np.linspace(0, 2 * np.pi, 48, endpoint=False)
        rim = np.stack([size * np.cos(around), size * np.sin(around), np.full(48, height)], -1)
        parts.append(shapes.tube(rim, 0.34, materials.cloth("trim", (0.3, 0.2, 0.12), 4, per_uv=60), closed=True))
    brass = materials.metal("spider", (0.7, 0.5, 0.25), 0.3)
    for turn in (0, 120, 240):
        arm = np.radians(turn)
        parts.append(
            shapes.tube(
                [(0, 0, 40.5), (4 * np.cos(arm), 4 * np.sin(arm), 41), (9.4 * np.cos(arm), 9.4 * np.sin(arm), 41.8)],
                0.15,
                brass,
            )
        )
    return parts


def _lit_linen() -> bpy.types.Material:
    """Thin cloth: half of the light goes through it."""
    g = Graph("lit linen")
    tile = textures.weave(31, uneven=0.9)
    threads = g.picture(tile, g.place((46, 9, 1), space="UV"), color=False)
    tone = g.node("ShaderNodeSeparateColor", {0: threads}, "Red")
    slub = g.math("MULTIPLY", g.spread(tone.node.outputs["Blue"], 0, 1, 0.72, 1.0), g.spread(tone, 0, 1, 0.7, 1.0))
    shade = g.node("ShaderNodeCombineColor", {0: slub, 1: slub, 2: slub})
    color = g.mix(1.0, (0.84, 0.74, 0.58), shade, "MULTIPLY")
    through = g.node("ShaderNodeBsdfTranslucent", {"Color": color})
    over = g.node("ShaderNodeBsdfDiffuse", {"Color": color, "Normal": g.bump(tone, 0.03)})
    both = g.node("ShaderNodeMixShader", {0: 0.42, 1: over, 2: through})
    g.tree.links.new(both, g.tree.nodes["Material Output"].inputs["Surface"])
    return g.material


def _light_bulb(at: tuple[float, float, float]) -> None:
    glow = Graph("bulb").surface(Base_Color=(0, 0, 0), Emission_Color=(1.0, 0.62, 0.28), Emission_Strength=60.0)
    half = 2.6 * np.stack([np.sin(np.linspace(0, np.pi, 17)), -np.cos(np.linspace(0, np.pi, 17))], -1)
    shapes.place(shapes.lathe(half, glow, segments=32), at)


def _flex() -> bpy.types.Object:
    """Twisted cloth cable with its switch, running off behind."""
    cloth = materials.plastic("flex", (0.12, 0.07, 0.03), 0.7, grain=0.03)
    path = [
        (6, 3, 0.8),
        (9, 3, 0.35),
        (14, -2, 0.35),
        (20, -6, 0.35),
        (23, 0, 0.35),
        (19, 6, 0.35),
        (24, 13, 0.35),
        (34, 16, 0.35),
        (44, 19, 0.4),
    ]
    switch = shapes.box((5, 2, 1.5), 0.5, materials.plastic("switch", (0.02, 0.018, 0.015), 0.3), at=(0, 0, 0))
    shapes.place(switch, (17.5, -4.8, 0), (0, 0, -28))
    return shapes.group([shapes.tube(path, 0.3, cloth), switch])


def _lay_clutter(rng: Random) -> None:
    """A framed print on the wall, a pile of books, a bowl, a pen and coins."""
    _hang_frame((-25.5, 18, 23))
    height = 0.0
    for index, (title, author, paper, ink) in enumerate(_BOOKS):
        thick = rng.uniform(2.0, 3.4)
        tome = clutter.book(rng, (21 - index, 14 - index, thick), title, author, paper, ink)
        shapes.place(tome, (-22, 3, height), (0, 0, rng.uniform(-16, 10)))
        height += thick
    clay = materials.plastic("bowl", (0.35, 0.3, 0.26), 0.5, grain=0.01)
    outside = [(0, 0, 0), (3, 0, 0.3), (6.5, 4, 2), (7, 5, 0.2)]
    bowl = shapes.profile([*outside, (6.7, 5, 0.2), (6.0, 3.9, 2), (2.5, 0.6, 1), (0, 0.5, 0)])
    shapes.place(shapes.lathe(bowl, clay), (18, -10, 0))
    shapes.place(clutter.pen((0.03, 0.03, 0.035)), (-4, -15, 0), (0, 0, 12))
    clutter.coins(rng, (4, -14, 0), 4)


def _hang_frame(at: tuple[float, float, float]) -> None:
    moulding = materials.wood("frame", (0.1, 0.06, 0.035), (0.04, 0.022, 0.014))
    rails = [shapes.box((24, 1.6, 1.6), 0.2, moulding, at=(0, 0, height)) for height in (0, 30.4)]
    stiles = [shapes.box((1.6, 1.6, 32), 0.2, moulding, at=(side, 0, 0)) for side in (-11.2, 11.2)]
    x, y = np.meshgrid([-11.0, 11.0], [0.0, 31.0])
    sheet = shapes.grid(np.stack([x, y, np.zeros_like(x)], -1), materials.printed("print", _print()))
    shapes.group([*rails, *stiles, shapes.place(sheet, (0, 0.3, 0.5), (90, 0, 0))], at)


def _print() -> prints.Pixels:
    sheet = prints.Sheet(700, 990, (214, 204, 182))
    sheet.draw.ellipse([170, 180, 530, 540], fill=(168, 84, 52))
    for row, tone in enumerate(((92, 112, 104), (60, 84, 80), (36, 54, 56))):
        x = np.linspace(0.1, 0.9, 40)
        sheet.area(
            [(0.1, 0.8), *zip(x, 0.5 + 0.08 * row + 0.04 * np.sin(x * 8 + 2 * row), strict=True), (0.9, 0.8)], tone
        )
    sheet.words("SOLSTICE", 0.5, 0.9, 0.05, (60, 50, 40), "sans", spacing=0.4)
    return sheet.pixels()
