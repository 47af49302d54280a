"""A gold ring, a blue stone between small clear ones, in its box among other jewellery; close up, by a bedside lamp."""

from __future__ import annotations

from random import Random

import bmesh
import bpy
import numpy as np

from render import clutter, materials, prints, shapes
from render.camera_faults import Faults
from render.graph import Graph
from render.stage import Shot, View, hang_lamp, light_room

_INNER = 0.86  # cm
_GOLD = (1.0, 0.66, 0.28)


def build(rng: Random) -> Shot:
    """Open the box and return the shot."""
    clutter.room((0.5, 0.42, 0.36), wall_y=60)
    clutter.table(rng, (0.3, 0.2, 0.13), (0.12, 0.07, 0.04), planks=4)
    shapes.group([_box(), _ring()], (0, 0, 0), (0, 0, 16))
    _lay_clutter(rng)
    light_room("interior", 0.3, (1.0, 0.84, 0.66), 40)
    hang_lamp((-26, -6, 30), (0, 0, 2), 7, 9, (1.0, 0.72, 0.42))
    hang_lamp((40, -30, 50), (0, 0, 2), 40, 6, (0.8, 0.9, 1.0))
    view = View(
        (2.3, -8.2, 8.6), (0.25, 0.25, 3.15), lens_mm=42, roll_deg=3.0, focus=(0.05, -0.4, 3.5), aperture_mm=2.6
    )
    faults = Faults(key=0.13, balance=0.45, cast=(1.08, 1.0, 0.82), blur_px=0.7, read_noise=0.0045, quality=78)
    return Shot(800, 800, view, faults)


def _ring() -> bpy.types.Object:
    gold = materials.metal("gold", _GOLD, 0.13)
    parts = [_band(gold), *_setting(gold)]
    clear = _stone("diamond", (1, 1, 1), 2.3)
    for side in (-1, 1):
        for index in range(4):
            angle = np.radians(90 + side * (27 + index * 12.5))
            spot = (_INNER + 0.17) * np.array([np.cos(angle), 0, np.sin(angle)])
            turn = (0, 90 - np.degrees(angle), 0)
            parts.append(shapes.place(_gem(0.115 - 0.008 * index, clear), spot, turn))
            parts.extend(_beads(angle, index, gold))
    handle = shapes.group(parts)
    return shapes.group([handle], (0, -0.1, 2.86), (9, 4, 0))


def _band(gold: bpy.types.Material) -> bpy.types.Object:
    """A half-round band that widens towards the stones."""
    angle = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    section = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    top = np.clip(np.sin(angle), 0, 1)[:, None]
    half_width = 0.12 + 0.05 * top**2
    bulge = (
        np.where(np.cos(section) > 0, 0.15, 0.035)[None, :] * np.abs(np.cos(section)) ** 0.6 * np.sign(np.cos(section))
    )
    radius = _INNER + 0.04 + bulge * (1 + 0.15 * top)
    across = half_width * np.sign(np.sin(section)) * np.abs(np.sin(section)) ** 0.7
    points = np.stack([radius * np.cos(angle)[:, None], across, radius * np.sin(angle)[:, None]], -1)
    points = np.concatenate([points, points[:1]])
    return shapes.grid(points, gold, closed=True, name="band")


def _setting(gold: bpy.types.Material) -> list[bpy.types.Object]:
    """The blue stone in six claws over a small gallery."""
    high = _INNER + 0.52
    stone = shapes.place(_gem(0.36, _stone("sapphire", (0.1, 0.22, 0.86), 1.77)), (0, 0, high), (0, 0, 11))
    parts = [stone]
    for index in range(6):
        angle = index * np.pi / 3 + 0.3
        out = np.array([np.cos(angle), np.sin(angle), 0])
        path = [
            out * 0.12 + [0, 0, _INNER + 0.1],
            out * 0.27 + [0, 0, high - 0.2],
            out * 0.375 + [0, 0, high],
            out * 0.365 + [0, 0, high + 0.07],
        ]
        parts.append(shapes.tube([*path, out * 0.29 + np.array([0, 0, high + 0.095])], 0.042, gold))
    for radius, height in ((0.27, high - 0.2), (0.18, high - 0.34)):
        turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        loop = np.stack([radius * np.cos(turn), radius * np.sin(turn), np.full(24, height)], -1)
        parts.append(shapes.tube(loop, 0.034, gold, closed=True))
    return parts


def _beads(angle: float, index: int, gold: bpy.types.Material) -> list[bpy.types.Object]:
    made = []
    for across in (-0.1, 0.1):
        edge = angle + np.radians(6.2)
        spot = (_INNER + 0.19) * np.array([np.cos(edge), 0, np.sin(edge)]) + [0, across * (1 - 0.06 * index), 0]
        ball = shapes.lathe(
            0.034 * np.stack([np.sin(np.linspace(0, np.pi, 9)), np.cos(np.linspace(0, np.pi, 9))], -1),
            gold,
            segments=16,
        )
        made.append(shapes.place(ball, spot))
    return made


def _gem(radius: float, material: bpy.types.Material) -> bpy.types.Object:
    """A round brilliant: the convex hull of its table, star, girdle, pavilion and culet points."""
    eight, sixteen = np.arange(8) * np.pi / 4, np.arange(16) * np.pi / 8
    rings = [
        (eight, 0.56, 0.34),
        (eight + np.pi / 8, 0.8, 0.2),
        (sixteen, 1.0, 0.02),
        (sixteen, 1.0, -0.03),
        (eight, 0.22, -0.69),
    ]
    points = [[r * np.cos(a), r * np.sin(a), z] for angles, r, z in rings for a in angles] + [[0, 0, -0.86]]
    hull = bmesh.new()
    for point in points:
        hull.verts.new(np.array(point) * radius)
    bmesh.ops.convex_hull(hull, input=hull.verts)
    data = bpy.data.meshes.new("gem")
    hull.to_mesh(data)
    hull.free()
    data.materials.append(material)
    made = bpy.data.objects.new("gem", data)
    bpy.context.collection.objects.link(made)
    return made


def _stone(name: str, color: tuple[float, float, float], index: float) -> bpy.types.Material:
    return Graph(name).surface(Base_Color=color, Transmission_Weight=1.0, IOR=index, Roughness=0.0)


def _box() -> bpy.types.Object:
    """A leatherette ring box, lid thrown back, with a slotted velvet cushion."""
    skin, velvet = _leatherette(), _velvet((0.16, 0.13, 0.11))
    sides = [
        ((5.4, 0.25, 2.5), (0, -2.6, 0)),
        ((5.4, 0.25, 2.5), (0, 2.6, 0)),
        ((0.25, 5.4, 2.5), (-2.6, 0, 0)),
        ((0.25, 5.4, 2.5), (2.6, 0, 0)),
    ]
    parts = [shapes.box(size, 0.1, skin, at=at) for size, at in sides]
    for y, depth in ((-1.28, 2.36), (1.28, 2.36)):
        roll = shapes.box((4.95, depth, 2.0), 0.5, velvet, at=(0, y, 0.35))
        roll.modifiers["bevel"].segments = 10
        parts.append(roll)
    walls = [
        ((0.25, 5.4, 1.9), (-2.6, 2.7, -1.9)),
        ((0.25, 5.4, 1.9), (2.6, 2.7, -1.9)),
        ((5.4, 0.25, 1.9), (0, 5.3, -1.9)),
    ]
    lid = [shapes.box(size, 0.1, skin, at=at) for size, at in walls]
    lid.append(shapes.box((5.4, 5.4, 0.25), 0.1, skin, at=(0, 2.7, -2.0)))
    lid.append(shapes.box((5.0, 5.0, 0.4), 0.18, _satin(), at=(0, 2.7, -1.75)))
    parts.append(shapes.group(lid, (0, 2.72, 2.5), (72, 0, 0)))
    return shapes.group(parts)


def _leatherette() -> bpy.types.Material:
    g = Graph("leatherette")
    grain = g.cells(11)
    worn = g.spread(g.noise(0.8, 5), 0.35, 0.7, 0.3, 0.5)
    return g.surface(Base_Color=(0.05, 0.012, 0.016), Roughness=worn, Normal=g.bump(grain, 0.012))


def _velvet(color: tuple[float, float, float]) -> bpy.types.Material:
    g = Graph("velvet")
    brushed = g.spread(g.noise(1.1, 3), 0.35, 0.7, 0.7, 1.3)
    tint = g.mix(1.0, color, g.node("ShaderNodeCombineColor", {0: brushed, 1: brushed, 2: brushed}), "MULTIPLY")
    return g.surface(
        Base_Color=tint, Roughness=0.9, Sheen_Weight=0.8, Sheen_Roughness=0.35, Normal=g.bump(g.noise(38, 3, 0.7), 0.02)
    )


def _satin() -> bpy.types.Material:
    sheet = prints.Sheet(1000, 1000, (214, 200, 176))
    sheet.words("Maison Orrin", 0.5, 0.46, 0.11, (120, 88, 44), "italic")
    sheet.words("GOLDSMITHS", 0.5, 0.57, 0.04, (120, 88, 44), "sans", spacing=0.35)
    g = Graph("satin")
    ink = g.picture(sheet.pixels(), g.place(space="UV"), color=True, repeat=False)
    creases = g.noise(0.7, 3, 0.5, g.place((0.5, 2, 1)), 1.0)
    return g.surface(Base_Color=ink, Roughness=0.35, Anisotropic=0.5, Normal=g.bump(creases, 0.06), Sheen_Weight=0.2)


def _lay_clutter(rng: Random) -> None:
    """Pearls, a scarf, a perfume bottle and a phone's cable."""
    pearl = Graph("pearl").surface(Base_Color=(0.75, 0.68, 0.6), Roughness=0.22, Subsurface_Weight=0.3, Coat_Weight=0.5)
    half = 0.36 * np.stack([np.sin(np.linspace(0, np.pi, 17)), np.cos(np.linspace(0, np.pi, 17))], -1)
    along = np.cumsum(np.full(30, 0.72))
    for index, run in enumerate(along):
        at = (-7.4 + 2.6 * np.cos(run * 0.33) + 0.06 * run, -2.0 + 3.2 * np.sin(run * 0.33) + 0.12 * run, 0.36)
        shapes.place(shapes.lathe(half, pearl, segments=28, name=f"pearl {index}"), at, scale=rng.uniform(0.93, 1.05))
    silk = materials.cloth("scarf", (0.32, 0.1, 0.09), 21, per_uv=22, second=(0.22, 0.06, 0.08), depth=0.02)
    scarf = shapes.grid(clutter.crumpled(51, (20, 17), 4.0, slope=1.95), silk)
    shapes.place(shapes.thicken(scarf, 0.06, 1.0), (13.5, 6, 0.05), (0, 0, 24))
    _perfume((-6.5, 8.5, 0))
    clutter.cable(
        [(-16, -8, 0.25), (-9, -7.5, 0.25), (-3, -6.5, 0.25), (3, -7.0, 0.25), (9, -5, 0.25), (11, -9, 0.25)],
        color=(0.6, 0.6, 0.58),
    )


def _perfume(at: tuple[float, float, float]) -> None:
    flask = shapes.box((4.4, 2.6, 6), 0.5, materials.glass("flask", (0.95, 0.8, 0.72)))
    scent = shapes.box((3.8, 2.0, 4), 0.4, materials.glass("scent", (0.9, 0.55, 0.3), 1.36), at=(0, 0, 0.5))
    brass = materials.metal("cap", (0.8, 0.62, 0.36), 0.18, brushed=(6, 6, 0.4))
    cap = shapes.lathe(shapes.profile([(0, 6, 0), (1.1, 6, 0.1), (1.1, 8.4, 0.15), (0, 8.4, 0)]), brass)
    shapes.group([flask, scent, cap], at, (0, 0, 22))
