"""A printed carton of tea beside its open shipping box on a hall table, in flat, cool window light."""

from __future__ import annotations

from random import Random

import bpy
import numpy as np

from render import clutter, materials, prints, shapes
from render.camera_faults import Faults
from render.graph import Graph
from render.stage import Shot, View, hang_lamp, light_room
from render.textures import clouds

_GREEN, _CREAM, _RUST = (34, 66, 54), (236, 226, 200), (178, 84, 44)


def build(rng: Random) -> Shot:
    """Unpack the carton and return the shot."""
    clutter.room((0.55, 0.54, 0.5), wall_y=55)
    clutter.table(rng, (0.52, 0.4, 0.27), (0.3, 0.2, 0.12), planks=5)
    shapes.place(_carton(), (1.5, -1, 0), (0, 0, -24))
    _lay_shipping_box()
    _lay_clutter(rng)
    light_room("interior", 0.22, (0.8, 0.92, 1.0), 300)
    hang_lamp((70, -30, 60), (0, 0, 8), 60, 26, (0.78, 0.9, 1.0))
    hang_lamp((-30, 30, 70), (0, 0, 8), 12, 12, (1.0, 0.72, 0.4))
    view = View((-4, -33, 25), (1.2, 1, 7.4), lens_mm=37, roll_deg=-3.4, focus=(0, -6, 9))
    faults = Faults(
        key=0.15,
        balance=0.3,
        cast=(0.92, 1.0, 1.06),
        shake_px=1.6,
        shake_deg=35,
        quality=76,
        orientation=6,
        vignette=0.4,
    )
    return Shot(720, 960, view, faults)


def _carton() -> bpy.types.Object:
    """Front, side and top printed; the lid's flap stands a little open."""
    width, depth, height = 9.0, 6.0, 15.0
    card = materials.paper("card", (0.5, 0.44, 0.34))
    body = shapes.box((width, depth, height), 0.12, card)
    sheets = [
        (_front(), _panel(width, height), (0, -depth / 2 - 0.015, height / 2), (90, 0, 0)),
        (_side(), _panel(depth, height), (width / 2 + 0.015, 0, height / 2), (90, 0, 90)),
        (_side(), _panel(depth, height), (-width / 2 - 0.015, 0, height / 2), (90, 0, -90)),
        (_top(), _panel(width, depth), (0, 0, height + 0.015), (0, 0, 0)),
    ]
    parts = [body]
    for index, (print_, points, at, turn) in enumerate(sheets):
        skin = _varnished(f"print {index}", print_)
        parts.append(shapes.place(shapes.grid(points, skin), at, turn))
    flap = shapes.thicken(shapes.grid(_panel(width - 0.3, 2.2), card), 0.06)
    parts.append(shapes.place(flap, (0, -depth / 2 - 0.02, height + 0.5), (62, 0, 0)))
    return shapes.group(parts)


def _panel(width: float, height: float) -> np.ndarray:
    """A sheet that bows by a fraction of a millimetre and is worn round at its corners."""
    y, x = np.mgrid[-0.5:0.5:40j, -0.5:0.5:40j]
    bow = 0.05 * (1 - (2 * x) ** 2) * (1 - (2 * y) ** 2)
    inset = 0.988
    return np.stack([x * width * inset, y * height * inset, bow], -1)


def _varnished(name: str, pixels: prints.Pixels) -> bpy.types.Material:
    """Offset print with paper showing at the scuffed edges."""
    g = Graph(name)
    uv = g.place(space="UV")
    ink = g.picture(pixels, uv, color=True, repeat=False)
    parts = g.node("ShaderNodeSeparateXYZ", {0: uv}, "X")
    near = [_edge_distance(g, parts.node.outputs[axis]) for axis in ("X", "Y")]
    edge = g.node("ShaderNodeMath", {0: near[0], 1: near[1]}, operation="MINIMUM")
    scuff = g.math("ADD", g.math("MULTIPLY", edge, 22.0), g.noise(2.5, 6, 0.75))
    worn = g.spread(scuff, 0.42, 0.52, 1.0, 0.0)
    base = g.mix(worn, ink, (0.62, 0.56, 0.45))
    gloss = g.math("ADD", g.spread(g.noise(0.6, 6), 0.3, 0.7, 0.26, 0.42), g.math("MULTIPLY", worn, 0.4))
    return g.surface(Base_Color=base, Roughness=gloss, Normal=g.bump(g.noise(1.2, 5), 0.012))


def _edge_distance(g: Graph, where: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    return g.math("MINIMUM", where, g.math("SUBTRACT", 1.0, where))


def _front() -> prints.Pixels:
    sheet = prints.Sheet(1200, 2000, _GREEN)
    sheet.block(0.06, 0.036, 0.94, 0.964, None, _CREAM, 6)
    sheet.words("KESTREL", 0.5, 0.125, 0.07, _CREAM, "serif", spacing=0.08)
    sheet.words("TEA MERCHANTS", 0.5, 0.175, 0.022, _CREAM, "sans", spacing=0.3)
    _hills(sheet)
    sheet.words("Smoked", 0.5, 0.66, 0.085, _CREAM, "italic")
    sheet.words("Black Tea", 0.5, 0.735, 0.085, _CREAM, "italic")
    sheet.words("WHOLE LEAF · PINEWOOD SMOKE", 0.5, 0.805, 0.021, (222, 188, 120), "heavy", spacing=0.12)
    sheet.words("20 pyramid bags", 0.5, 0.86, 0.026, _CREAM, "plain")
    sheet.words("NET WT 50 g  (1.76 oz)", 0.5, 0.92, 0.02, _CREAM, "plain")
    return sheet.pixels()


def _hills(sheet: prints.Sheet) -> None:
    """A low sun behind three rows of hills, and a kestrel."""
    left, top, right, bottom = 0.12, 0.22, 0.88, 0.58
    sheet.block(left, top, right, bottom, (226, 176, 108))
    width, height = sheet.size
    sheet.draw.ellipse([0.56 * width, 0.27 * height, 0.76 * width, 0.39 * height], fill=(240, 220, 170))
    for row, tone in enumerate(((198, 120, 70), _RUST, (96, 52, 38))):
        x = np.linspace(left, right, 60)
        ridge = 0.4 + 0.06 * row + 0.03 * np.sin(x * (9 + 4 * row) + row * 2) + 0.012 * np.sin(x * 31 + row)
        sheet.area([(left, bottom), *zip(x, ridge, strict=True), (right, bottom)], tone)
    sheet.line([(0.25, 0.3), (0.3, 0.285), (0.34, 0.305), (0.38, 0.28), (0.44, 0.29)], 10, (70, 40, 32))


def _side() -> prints.Pixels:
    sheet = prints.Sheet(800, 2000, _CREAM)
    sheet.block(0.0, 0.0, 1.0, 0.16, _GREEN)
    sheet.words("HOW TO BREW", 0.5, 0.08, 0.03, _CREAM, "heavy", spacing=0.1)
    for row, line in enumerate(
        ("One bag for each cup.", "Fresh water at 95 °C.", "Three to four minutes.", "Milk if you must.")
    ):
        sheet.words(line, 0.5, 0.24 + row * 0.045, 0.028, _GREEN, "plain")
    sheet.line([(0.15, 0.44), (0.85, 0.44)], 4, _RUST)
    for row, line in enumerate(
        (
            "INGREDIENTS",
            "Black tea (100 %), smoked",
            "over pine. Keep dry and",
            "away from strong smells.",
            "",
            "Packed in the old mill",
            "by the river, lot 0417.",
        )
    ):
        sheet.words(line, 0.5, 0.5 + row * 0.036, 0.022, (60, 60, 56), "plain")
    sheet.block(0.2, 0.8, 0.8, 0.93, (250, 248, 240))
    sheet.bars(0.25, 0.815, 0.75, 0.9, (20, 20, 20), 9)
    sheet.words("5 012345 678900", 0.5, 0.915, 0.016, (20, 20, 20), "plain", spacing=0.1)
    return sheet.pixels()


def _top() -> prints.Pixels:
    sheet = prints.Sheet(1200, 800, _RUST)
    sheet.words("KESTREL", 0.5, 0.45, 0.17, _CREAM, "serif", spacing=0.08)
    sheet.words("SMOKED BLACK TEA", 0.5, 0.64, 0.05, _CREAM, "sans", spacing=0.2)
    return sheet.pixels()


def _lay_shipping_box() -> None:
    """A corrugated box behind, flaps open, with tape, a label and crumpled paper."""
    kraft = _kraft()
    walls = [
        ((34, 0.4, 17), (0, -11, 0)),
        ((34, 0.4, 17), (0, 11, 0)),
        ((0.4, 22, 17), (-17, 0, 0)),
        ((0.4, 22, 17), (17, 0, 0)),
    ]
    parts = [shapes.box(size, 0.08, kraft, at=at) for size, at in walls]
    for at, size, turn in (
        ((0, -11, 17), (33.5, 7, 0.4), (-118, 0, 0)),
        ((17, 0, 17), (10, 21.5, 0.4), (0, 40, 0)),
        ((-17, 0, 17), (10, 21.5, 0.4), (0, -58, 0)),
    ):
        flap = shapes.box(
            size,
            0.06,
            kraft,
            at=(0, size[1] / 2 if turn[0] else 0, 0) if turn[0] else (size[0] / 2 if at[0] > 0 else -size[0] / 2, 0, 0),
        )
        parts.append(shapes.group([flap], at, turn))
    label = shapes.grid(_panel(9, 6), materials.printed("address", _address(), rough=0.4))
    parts.append(shapes.place(label, (-9.5, -11.24, 6.2), (90, 1.5, 0)))
    stuffing = clutter.crumpled(81, (32, 20), 7, slope=1.9)
    parts.append(shapes.place(shapes.grid(stuffing, materials.paper("stuffing", (0.66, 0.62, 0.54))), (0, 0, 11)))
    shapes.group(parts, (5, 22, 0), (0, 0, 9))


def _kraft() -> bpy.types.Material:
    g = Graph("kraft")
    flutes = g.noise(1.6, 1, 0.3, g.place((1.0, 1.0, 0.01)))
    fibre = g.noise(4, 6, 0.75)
    stain = clouds(6)
    pixels = np.stack([stain, stain, stain, np.ones_like(stain)], -1)
    dirt = g.picture(pixels, g.place(space="UV"), color=False)
    tone = g.ramp(fibre, (0.3, (0.27, 0.165, 0.085)), (0.7, (0.42, 0.275, 0.155)))
    tone = g.mix(g.spread(dirt, 0.5, 0.95, 0.0, 0.35), tone, (0.2, 0.12, 0.06))
    return g.surface(Base_Color=tone, Roughness=0.8, Normal=g.bump(flutes, 0.02, g.bump(fibre, 0.006)))


def _address() -> prints.Pixels:
    sheet = prints.Sheet(900, 600, (240, 240, 236))
    black = (25, 25, 25)
    sheet.words("PARCEL  2 / 3", 0.3, 0.12, 0.09, black, "bold")
    for row, line in enumerate(("Kestrel Tea Merchants", "The Old Mill", "Riverside 4")):
        sheet.words(line, 0.3, 0.3 + row * 0.1, 0.075, black, "plain")
    sheet.bars(0.08, 0.65, 0.92, 0.92, black, 5)
    sheet.block(0.66, 0.08, 0.93, 0.5, None, black, 5)
    sheet.words("B7", 0.795, 0.29, 0.22, black, "bold")
    return sheet.pixels()


def _lay_clutter(rng: Random) -> None:
    """A roll of tape, scissors and a cable."""
    tape = materials.plastic("tape", (0.36, 0.2, 0.08), 0.18)
    core = materials.paper("core", (0.5, 0.4, 0.28))
    ring = shapes.lathe(shapes.profile([(3.9, 0, 0), (5.3, 0, 0.05), (5.3, 4.6, 0.05), (3.9, 4.6, 0)]), tape)
    inside = shapes.lathe(np.array([[3.9, 4.6], [3.7, 4.6], [3.7, 0.0], [3.9, 0.0]]), core)
    shapes.group([ring, inside], (-14, 2, 0), (0, 0, 40))
    _scissors((11.5, -9, 0.3), 35)
    shapes.place(clutter.pen((0.5, 0.08, 0.06)), (-13, -8, 0), (0, 0, rng.uniform(-30, 0)))


def _scissors(at: tuple[float, float, float], turn: float) -> None:
    steel = materials.metal("blade", (0.6, 0.6, 0.62), 0.22, brushed=(0.3, 6, 6))
    grip = materials.plastic("grip", (0.45, 0.06, 0.05), 0.4)
    parts = []
    for side in (-1, 1):
        outline = [
            (0, -0.5 * side, 0),
            (9.5, -0.05 * side, 0),
            (9.8, 0.12 * side, 0),
            (3, 0.65 * side, 0),
            (0, 0.5 * side, 0),
        ]
        blade = shapes.thicken(shapes.mesh(outline, [tuple(range(5))], steel, smooth=False), 0.16)
        around = np.linspace(0, 2 * np.pi, 16, endpoint=False)
        loop = np.stack([-5.2 + 2.4 * np.cos(around), side * 1.9 + 1.5 * np.sin(around), np.zeros(16)], -1)
        shank = shapes.tube([(0.3, 0, 0), (-1.2, side * 0.5, 0), (-3.2, side * 1.0, 0)], 0.42, grip)
        parts.append(
            shapes.group(
                [blade, shapes.tube(loop, 0.42, grip, closed=True), shank], (0, 0, 0.1 * side), (0, 0, 9 * side)
            )
        )
    screw = shapes.lathe(shapes.profile([(0, 0.05, 0), (0.4, 0.05, 0), (0.4, 0.3, 0.1), (0, 0.32, 0)]), steel)
    shapes.group([*parts, screw], at, (0, 0, turn))
