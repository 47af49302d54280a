"""A steel wristwatch on a leather strap, laid across a notebook on a desk; close, under a warm desk lamp."""

from __future__ import annotations

from random import Random

import bpy
import numpy as np

from render import clutter, materials, prints, shapes
from render.camera_faults import Faults
from render.graph import Graph
from render.products.watch_strap import strap
from render.stage import Shot, View, hang_lamp, light_room

_STEEL = (0.66, 0.65, 0.63)
_CREAM, _INK = (226, 217, 194), (36, 36, 38)


_LIST = (
    "to list on monday",
    "watch, steel, 1 owner",
    "new strap - brown",
    "box and papers?",
    "photos again, daylight!",
    "post: insured",
    "ring  size 54",
    "lamp  - check plug",
    "tea   x 12",
)


def build(rng: Random) -> Shot:
    """Lay the watch down and return the shot."""
    clutter.room((0.5, 0.46, 0.4), wall_y=60)
    clutter.table(rng, (0.25, 0.16, 0.1), (0.1, 0.055, 0.03), planks=4)
    _notebook()
    shapes.group([_case(), _dial(), *_hands(), strap(1), strap(-1), _crown()], (-0.2, 0.3, 1.02), (0, 0, -22))
    _lay_clutter(rng)
    light_room("interior", 0.24, (1.0, 0.86, 0.7), 10)
    hang_lamp((-22, 24, 34), (0, 0, 1), 9, 13, (1.0, 0.72, 0.42))
    hang_lamp((50, -40, 60), (0, 0, 1), 50, 8, (0.8, 0.9, 1.0))
    view = View((2.2, -8.65, 10.55), (0.1, 0.25, 1.2), lens_mm=40, roll_deg=-4.0, focus=(0, -0.8, 1.8), aperture_mm=2.2)
    faults = Faults(
        key=0.13, balance=0.4, cast=(1.06, 1.0, 0.84), shake_px=0.8, shake_deg=110, quality=84, vignette=0.45
    )
    return Shot(960, 720, view, faults)


def _case() -> bpy.types.Object:
    """Brushed sides, a polished bezel, lugs, and a domed crystal."""
    brushed = materials.metal("case", _STEEL, 0.26, brushed=(1, 1, 14))
    polished = materials.metal("bezel", _STEEL, 0.07)
    sides = shapes.profile(
        [(0, 0, 0), (1.75, 0, 0.1), (2.0, 0.12, 0.1), (2.0, 0.62, 0.06), (1.93, 0.7, 0.04), (1.78, 0.7, 0)], 5
    )
    slope = [(1.94, 0.66, 0), (1.93, 0.74, 0.05), (1.78, 0.9, 0.08), (1.68, 0.92, 0.03)]
    bezel = shapes.profile([*slope, (1.66, 0.84, 0.02), (1.56, 0.72, 0.01), (1.56, 0.6, 0)], 5)
    dome = shapes.profile([(0, 1.06, 0), (1.2, 1.03, 0.9), (1.64, 0.93, 0.03), (1.66, 0.86, 0)], 12)
    parts = [shapes.lathe(sides, brushed, segments=160), shapes.lathe(bezel, polished, segments=160)]
    parts.append(shapes.lathe(dome[::-1], _crystal(), segments=128, name="crystal"))
    for x in (-1, 1):
        for y in (-1, 1):
            lug = shapes.box((0.3, 0.95, 0.42), 0.09, polished)
            parts.append(shapes.place(lug, (x * 1.12, y * 2.02, 0.1), (-14 * y, 0, -x * y * 6)))
    return shapes.group(parts)


def _crystal() -> bpy.types.Material:
    """Glass that shows reflections and lets lamp light through to the dial, which plain glass shadows in Cycles."""
    g = Graph("crystal")
    clear = g.node("ShaderNodeBsdfTransparent", {})
    shine = g.node("ShaderNodeBsdfGlossy", {"Roughness": 0.02})
    smear = g.spread(g.noise(1.4, 5), 0.45, 0.75, 0.0, 0.025)
    amount = g.math("ADD", g.node("ShaderNodeFresnel", {"IOR": 1.35}), smear)
    g.tree.links.new(
        g.node("ShaderNodeMixShader", {0: amount, 1: clear, 2: shine}),
        g.tree.nodes["Material Output"].inputs["Surface"],
    )
    return g.material


def _dial() -> bpy.types.Object:
    """A printed cream dial, a sunken seconds dial and applied markers."""
    face = shapes.disc(1.58, _dial_skin(), name="dial")
    gold = materials.metal("marker", (0.75, 0.6, 0.36), 0.12)
    parts = [shapes.place(face, (0, 0, 0.62))]
    for hour in range(12):
        if hour == 6:
            continue
        angle = np.radians(90 - hour * 30)
        wide = 0.12 if hour % 3 == 0 else 0.07
        bar = shapes.box((0.3, wide, 0.05), 0.018, gold)
        parts.append(shapes.place(bar, (1.2 * np.cos(angle), 1.2 * np.sin(angle), 0.622), (0, 0, np.degrees(angle))))
    return shapes.group(parts)


def _dial_skin() -> bpy.types.Material:
    g = Graph("dial")
    ink = g.picture(_print_dial(), g.place(space="UV"), color=True, repeat=False)
    return g.surface(Base_Color=ink, Roughness=0.38, Normal=g.bump(g.noise(30, 2), 0.0012), Coat_Weight=0.2)


def _print_dial() -> prints.Pixels:
    sheet = prints.Sheet(2000, 2000, _CREAM)
    _minutes(sheet, 0.5, 0.5, 0.46, 60, 5)
    sheet.words("ALDER", 0.5, 0.29, 0.062, _INK, "serif", spacing=0.12)
    sheet.words("AUTOMATIC", 0.5, 0.345, 0.024, _INK, "sans", spacing=0.2)
    sheet.words("50 m · 21 jewels", 0.5, 0.415, 0.024, (150, 60, 40), "italic")
    sheet.draw.ellipse(
        [0.38 * 2000, 0.6 * 2000, 0.62 * 2000, 0.84 * 2000], fill=(206, 196, 170), outline=(150, 140, 120), width=5
    )
    _minutes(sheet, 0.5, 0.72, 0.112, 60, 15)
    for text, x, y in (("60", 0.5, 0.645), ("15", 0.573, 0.72), ("30", 0.5, 0.795), ("45", 0.427, 0.72)):
        sheet.words(text, x, y, 0.022, _INK, "plain")
    sheet.words("MADE BY HAND", 0.5, 0.9, 0.014, _INK, "sans", spacing=0.3)
    return sheet.pixels()


def _minutes(sheet: prints.Sheet, x: float, y: float, radius: float, count: int, long_every: int) -> None:
    for tick in range(count):
        out = np.array([np.sin(tick * 2 * np.pi / count), -np.cos(tick * 2 * np.pi / count)])
        inner = radius * (0.93 if tick % long_every == 0 else 0.965)
        sheet.line(
            [tuple(np.array([x, y]) + out * inner), tuple(np.array([x, y]) + out * radius)],
            7 if tick % long_every == 0 else 4,
            _INK,
        )


def _hands() -> list[bpy.types.Object]:
    """Ten past ten, leaf hands in blued steel, and the small seconds."""
    blued = materials.metal("blued", (0.03, 0.06, 0.2), 0.15)
    made = []
    for length, width, turn, height, centre in (
        (0.85, 0.09, 148, 0.7, (0, 0)),
        (1.3, 0.07, 30, 0.74, (0, 0)),
        (0.3, 0.02, -62, 0.66, (0, -0.695)),
    ):
        t = np.linspace(0, 1, 20)
        half = width * (0.25 + np.sin(np.pi * t**0.8) ** 1.4) * (1 - t**8) * 0.8
        along = length * (1.18 * t - 0.18)
        points = np.stack(
            [np.repeat(along[:, None], 3, 1), half[:, None] * [-1, 0, 1], np.repeat([[0, 0.018, 0]], 20, 0)], -1
        )
        hand = shapes.thicken(shapes.grid(points, blued, smooth=False), 0.012)
        made.append(shapes.place(hand, (*centre, height), (0, 0, turn)))
    hub = shapes.lathe(shapes.profile([(0.09, 0.66, 0), (0.09, 0.78, 0.02), (0, 0.8, 0)]), blued, segments=32)
    return [*made, hub]


def _crown() -> bpy.types.Object:
    angle = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    radius = 0.3 + 0.018 * np.sign(np.sin(angle * 30))
    rows = [radius * 0.6, radius, radius, radius * 0.9, radius * 0.3, radius * 0.0]
    heights = [0, 0.02, 0.3, 0.36, 0.38, 0.38]
    points = np.stack(
        [
            np.stack([r * np.cos(angle), r * np.sin(angle), np.full(240, z)], -1)
            for r, z in zip(rows, heights, strict=True)
        ]
    )
    knob = shapes.grid(points, materials.metal("crown", _STEEL, 0.15), closed=True)
    return shapes.place(knob, (2.0, 0, 0.38), (0, 90, 0))


def _notebook() -> None:
    """An open notebook with a pencilled list."""
    sheet = prints.Sheet(1400, 2000, (226, 219, 200))
    for row in range(34):
        sheet.line([(0.0, 0.1 + row * 0.026), (1.0, 0.1 + row * 0.026)], 2, (176, 188, 200))
    for row, line in enumerate(_LIST):
        sheet.words(line, 0.36 + 0.02 * (row % 3), 0.14 + row * 0.078, 0.05, (52, 54, 70), "hand")
    y, x = np.mgrid[-0.5:0.5:60j, -0.5:0.5:60j]
    points = np.stack([x * 15, y * 21, 0.75 + 0.25 * np.sin((x + 0.5) * 3.0)], -1)
    page = shapes.grid(points, materials.printed("page", sheet.pixels(), rough=0.85))
    block = shapes.box((15.2, 21.2, 0.7), 0.08, materials.paper("leaves", (0.6, 0.56, 0.47)))
    shapes.group([page, block], (-3.5, 2.5, 0), (0, 0, 13))


def _lay_clutter(rng: Random) -> None:
    """A saucer and cup, keys, a pen and coins at the edges."""
    china = materials.plastic("china", (0.68, 0.66, 0.62), 0.1)
    saucer = shapes.profile([(0, 0.2, 0), (3, 0.2, 0.2), (6.5, 1.5, 0.4), (6.4, 1.65, 0.1), (3, 0.5, 0.3), (0, 0.5, 0)])
    outside = [(0, 0.6, 0), (2.2, 0.6, 0.2), (3.9, 3.5, 1.5), (4.1, 6, 0.1)]
    cup = shapes.profile([*outside, (3.9, 6, 0.1), (3.6, 3.4, 1.5), (2, 1, 0.5), (0, 1, 0)])
    shapes.group([shapes.lathe(saucer, china), shapes.lathe(cup, china)], (11, 11, 0))
    shapes.place(clutter.pen((0.02, 0.02, 0.022)), (5.2, -6.5, 0), (0, 0, 18))
    clutter.keys((-10.5, -5.5, 1.0))
    clutter.coins(rng, (9, -1.5, 0), 2)
