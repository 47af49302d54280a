"""What is sewn and threaded onto a sneaker's upper: toe cap, eyestays, heel strip, stitches, eyelets and laces."""

from __future__ import annotations

import bpy
import numpy as np

from render import shapes
from render.products.shoe_form import LACED, Upper, shoe_point

Skins = dict[str, bpy.types.Material]
Object = bpy.types.Object


def trim(form: Upper, skins: Skins) -> list[Object]:
    """Rubber toe cap, canvas eyestays and heel strip, the collar's binding, and their stitches."""
    parts = []
    for half in (-1, 1):
        toe = 1 - 0.155 * np.linspace(1, 0, 50) ** 1.7
        throat = np.linspace(LACED[0] - 0.005, LACED[1] + 0.02, 40)
        parts.append(_patch(form, half, (toe, np.linspace(0, 1, 30)), skins["rubber"], 0.13))
        parts.append(_patch(form, half, (throat, np.linspace(0.74, 1.0, 10)), skins["canvas"]))
        parts.append(_patch(form, half, (0.055 * np.linspace(0, 1, 16) ** 2, np.linspace(0, 1, 20)), skins["canvas"]))
        rim = LACED[0] * np.linspace(0, 1, 40) ** 1.3
        parts.append(shapes.tube([shoe_point(form, t, 1.0, half) for t in rim], 0.17, skins["lining"]))
        parts.extend(_seams(form, half, skins["thread"]))
    return parts


def lacing(form: Upper, skins: Skins) -> list[Object]:
    """Six pairs of eyelets, flat laces crossed between them, and two loose ends."""
    rows = np.linspace(LACED[1] - 0.004, LACED[0] + 0.016, 6)
    holes = {half: [shoe_point(form, t, 0.9, half, grow=0.2) for t in rows] for half in (-1, 1)}
    bar = [holes[-1][0], (holes[-1][0] + holes[1][0]) / 2 + [0, 0, 0.3], holes[1][0]]
    paths = [bar]
    for half in (-1, 1):
        paths.extend(_crossing(holes[half][row], holes[-half][row + 1], half) for row in range(5))
        paths.append(_loose_end(holes[half][5], half))
    eyelets = [_eyelet(form, t, half, skins["metal"]) for half in (-1, 1) for t in rows]
    return eyelets + [shapes.tube(path, 0.36, skins["lace"], flat=0.3) for path in paths]


def _patch(
    form: Upper, half: int, span: tuple[np.ndarray, np.ndarray], skin: bpy.types.Material, grow: float = 0.1
) -> Object:
    """A piece of the upper's surface over stations and rises, laid on top of it."""
    points = np.array([[shoe_point(form, t, s, half, grow=grow) for s in span[1]] for t in span[0]])
    return shapes.thicken(shapes.grid(points if half > 0 else points[::-1], skin, name="patch"), 0.1)


def _seams(form: Upper, half: int, thread: bpy.types.Material) -> list[Object]:
    """Two rows along the eyestay, one beside the heel strip, one under the collar."""
    throat = np.linspace(LACED[0], LACED[1] + 0.015, 64)
    collar = np.linspace(0.06, LACED[0] - 0.02, 60)
    paths = [[shoe_point(form, t, s, half, grow=0.13) for t in throat] for s in (0.76, 0.79)]
    paths.append([shoe_point(form, 0.052, s, half, grow=0.13) for s in np.linspace(0.25, 0.97, 40)])
    paths.append([shoe_point(form, t, 0.93 - 0.02 * t, half, grow=0.02) for t in collar])
    return [_stitch(path[at], path[at + 1], thread) for path in paths for at in range(0, len(path) - 1, 2)]


def _stitch(start: np.ndarray, end: np.ndarray, thread: bpy.types.Material) -> Object:
    return shapes.tube([start, (start + end) / 2, end], 0.035, thread)


def _eyelet(form: Upper, t: float, half: int, metal: bpy.types.Material) -> Object:
    hole = shoe_point(form, t, 0.9, half, grow=0.2)
    along = shoe_point(form, t + 0.01, 0.9, half, grow=0.2) - hole
    up = shoe_point(form, t, 0.94, half, grow=0.2) - hole
    along, up = along / np.linalg.norm(along), up / np.linalg.norm(up)
    around = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    return shapes.tube([hole + 0.24 * (np.cos(a) * along + np.sin(a) * up) for a in around], 0.09, metal, closed=True)


def _crossing(start: np.ndarray, end: np.ndarray, half: int) -> list[np.ndarray]:
    """From one eyelet over the tongue to the next on the other side; one of each pair lies above."""
    lift = np.array([0, 0, 0.45 + 0.12 * (half > 0)])
    rise = [(0.0, 0.0), (0.25, 0.75), (0.5, 1.0), (0.75, 0.75), (1.0, 0.0)]
    return [start + (end - start) * part + lift * height for part, height in rise]


def _loose_end(top: np.ndarray, half: int) -> list[np.ndarray]:
    """Over the shoe's side and along the floor."""
    steps = [(0, 0, 0), (-0.3, 0.8, 0.9), (1.5, 3.2, 0.2), (4.5, 4.4, -3.4)]
    floor = [(8.0, 4.8, 2.0), (9.0, 6.8, 0.3), (11.5, 8.2, 0.25)]
    falling = [top + np.array([x, half * y, z]) for x, y, z in steps]
    return falling + [np.array([top[0] + x, top[1] + half * y, z]) for x, y, z in floor]
