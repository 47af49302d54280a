"""A hand-thrown stoneware mug on a kitchen table in the evening: dim, warm, one lamp from the left."""

from __future__ import annotations

from random import Random

import bpy
import numpy as np

from render import clutter, materials, shapes
from render.camera_faults import Faults
from render.graph import Graph
from render.stage import Shot, View, hang_lamp, light_room


def build(rng: Random) -> Shot:
    """Set the table and return the shot."""
    clutter.room((0.52, 0.47, 0.4), wall_y=70)
    clutter.table(rng, (0.36, 0.2, 0.1), (0.13, 0.06, 0.028))
    shapes.place(_mug(), (0.5, 0, 0.25), (0, 0, -28))
    _lay_napkin()
    _lay_clutter(rng)
    light_room("interior", 0.16, (1.0, 0.82, 0.6), 120)
    hang_lamp((-55, 5, 62), (0, 4, 4), 16, 60, (1.0, 0.66, 0.34))
    view = View((7, -31, 21), (0.2, 1.0, 4.2), lens_mm=36, roll_deg=-2.2, focus=(1, -4, 5))
    return Shot(720, 960, view, Faults(key=0.12, balance=0.35, cast=(1.06, 1.0, 0.86), shake_px=1.2, quality=80))


def _mug() -> bpy.types.Object:
    foot = [(0, 0.35, 0), (2.5, 0.35, 0.1), (2.7, 0, 0.15), (3.1, 0, 0.2), (3.25, 0.5, 0.3)]
    outside = [(4.15, 1.7, 1.2), (4.3, 5, 1.5), (4.05, 9.2, 0.3), (3.95, 9.45, 0.15)]
    wall = [*foot, *outside, (3.8, 9.3, 0.2), (3.85, 5, 1.5), (3.7, 2, 1.2), (2.2, 0.9, 0.8), (0, 0.9, 0)]
    outline = _throwing_rings(shapes.profile(wall, 14))
    glaze = _glaze()
    cup = shapes.lathe(outline, glaze, segments=160, name="cup")
    bow = [(3.7, 0, 7.9), (4.3, 0, 8.25), (5.4, 0, 8.45), (6.7, 0, 7.9), (7.1, 0, 6.4)]
    handle = [*bow, (6.6, 0, 4.7), (5.4, 0, 3.4), (4.5, 0, 2.9), (3.9, 0, 2.7)]
    grip = shapes.tube(handle, 0.78, glaze, flat=0.52, name="handle")
    coffee = Graph("coffee").surface(Base_Color=(0.012, 0.005, 0.002), Roughness=0.06)
    drink = shapes.lathe(np.array([[0.0, 7.2], [3.4, 7.2], [3.75, 7.22], [3.86, 7.3]]), coffee)
    return shapes.group([cup, grip, drink])


def _throwing_rings(outline: np.ndarray) -> np.ndarray:
    """The potter's fingers leave faint rings on the wall."""
    dense = np.stack(
        [np.interp(np.linspace(0, 1, 420), np.linspace(0, 1, len(outline)), side) for side in outline.T], -1
    )
    rings = 0.028 * np.sin(dense[:, 1] * 8.5) * ((dense[:, 1] > 1.5) & (dense[:, 1] < 8.9) & (dense[:, 0] > 3.0))
    dense[:, 0] += rings
    return dense


def _glaze() -> bpy.types.Material:
    """Speckled oatmeal glaze dipped in blue over bare toasted clay at the foot."""
    g = Graph("glaze")
    height = g.node("ShaderNodeSeparateXYZ", {0: g.place()}, "Z")
    waver = g.math("ADD", height, g.spread(g.noise(0.35, 4), 0.2, 0.8, -0.5, 0.5))
    drips = g.math("ADD", waver, g.spread(g.noise(0.7, 2, 0.5, g.place((1, 1, 0.08))), 0.3, 0.7, -0.7, 0.7))
    specks = g.spread(g.cells(4.2), 0.10, 0.16, 1.0, 0.0)
    rare = g.spread(g.noise(1.1, 2), 0.45, 0.6, 0.15, 1.0)
    oat = g.ramp(g.noise(0.5, 5), (0.3, (0.56, 0.47, 0.34)), (0.7, (0.7, 0.62, 0.48)))
    blue = g.ramp(g.noise(0.6, 6, 0.65), (0.3, (0.025, 0.075, 0.12)), (0.72, (0.10, 0.22, 0.28)))
    edge = g.spread(drips, 4.4, 5.1)
    glaze = g.mix(edge, oat, blue)
    rim = g.spread(height, 9.15, 9.45, 0.0, 0.75)
    glaze = g.mix(rim, glaze, (0.22, 0.12, 0.06))
    spotted = g.mix(g.math("MULTIPLY", specks, rare), glaze, (0.05, 0.03, 0.02))
    clay = g.ramp(g.noise(5, 5), (0.3, (0.2, 0.11, 0.06)), (0.7, (0.33, 0.2, 0.12)))
    bare = g.spread(waver, 1.0, 1.12, 1.0, 0.0)
    base = g.mix(bare, spotted, clay)
    gloss = g.math("ADD", g.spread(bare, 0, 1, 0.0, 0.5), g.spread(g.noise(0.8, 6), 0.3, 0.7, 0.12, 0.3))
    ridge = g.spread(drips, 4.2, 4.9, 0.0, 1.0)
    normal = g.bump(ridge, 0.03, g.bump(g.noise(2.2, 3), 0.012))
    return g.surface(Base_Color=base, Roughness=gloss, Normal=normal, Coat_Weight=0.15, Coat_Roughness=0.08)


def _lay_napkin() -> None:
    linen = materials.cloth("linen", (0.5, 0.45, 0.36), 5, per_uv=13, second=(0.33, 0.36, 0.36), depth=0.04)
    points = clutter.crumpled(11, (34, 27), 3.0, slope=2.0, ridge=0.5)
    y, x = np.mgrid[-1:1:220j, -1:1:220j]
    points[..., 2] *= np.clip(np.hypot(x * 1.1 + 0.45, y + 0.6) - 0.32, 0.05, 1)  # pressed flat under the mug
    napkin = shapes.thicken(shapes.grid(points, linen, name="napkin"), 0.09, 1.0)
    shapes.place(napkin, (8, 8, 0.06), (0, 0, 14))


def _lay_clutter(rng: Random) -> None:
    shapes.place(
        clutter.book(rng, (22, 15, 2.6), "Tide Tables", "M. Arlen", (38, 60, 66), (214, 196, 150)),
        (-17, 17, 0),
        (0, 0, 17),
    )
    shapes.place(
        clutter.book(rng, (19, 13, 1.7), "Salt & Smoke", "J. Wray", (120, 44, 34), (235, 220, 190)),
        (-16, 18, 2.6),
        (0, 0, 28),
    )
    shapes.place(clutter.pen((0.05, 0.1, 0.3)), (8, -10, 0), (0, 0, 35))
    clutter.cable(
        [
            (-34, -16, 0.25),
            (-24, -9, 0.25),
            (-16, -8, 0.25),
            (-12, -2, 0.25),
            (-18, 3, 0.25),
            (-26, 1, 0.25),
            (-40, 9, 0.25),
        ]
    )
    clutter.plant(rng, (24, 34, 0))
    clutter.coins(rng, (-9, -11, 0))
