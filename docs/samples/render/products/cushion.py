"""A block-printed cushion on a tweed sofa, by a standard lamp at night; the cloth is simulated, so it creases truly."""

from __future__ import annotations

from random import Random

import bpy
import numpy as np

from render import clutter, materials, prints, shapes, textures
from render.camera_faults import Faults
from render.graph import Graph
from render.stage import Shot, View, hang_lamp, light_room

_SIDE = 44.0  # cm
_CELLS = 84


def build(rng: Random) -> Shot:
    """Put the cushion on the sofa and return the shot."""
    clutter.room((0.46, 0.42, 0.36), wall_y=62, floor_z=-45)
    _sofa()
    cushion = _cushion()
    shapes.place(cushion, (-2, 13.8, 18.6), (66, -4, 9))
    _lay_clutter(rng)
    light_room("interior", 0.16, (1.0, 0.86, 0.68), 80)
    hang_lamp((58, 6, 88), (0, 10, 15), 22, 60, (1.0, 0.64, 0.33))
    hang_lamp((-90, -90, 90), (0, 10, 15), 60, 18, (0.85, 0.9, 1.0))
    view = View((-9, -64, 50), (1.0, 14, 16.5), lens_mm=34, roll_deg=-2.8, focus=(-2, 6, 20))
    faults = Faults(
        key=0.14, balance=0.42, cast=(1.08, 1.0, 0.84), shake_px=1.4, shake_deg=-30, quality=80, saturation=0.9
    )
    return Shot(640, 853, view, faults)


def _cushion() -> bpy.types.Object:
    """Two square panels sewn together and blown up by a cloth simulation, at a tenth of their size for its solver."""
    front, back = _panel_material(), materials.cloth("back", (0.5, 0.42, 0.28), 14, per_uv=18)
    skin = _sewn_panels(front, back)
    _inflate(skin)
    for axis in range(3):
        skin.scale[axis] = 10.0
    shapes.subdivide(skin, 1)
    return shapes.group([skin, _piping(skin)])


def _sewn_panels(front: bpy.types.Material, back: bpy.types.Material) -> bpy.types.Object:
    n, half = _CELLS, _SIDE / 20
    side = np.linspace(-half, half, n + 1)
    y, x = np.meshgrid(side, side, indexing="ij")
    bulge = 0.05 * (1 - (x / half) ** 2) * (1 - (y / half) ** 2) + 0.004 * textures.clouds(9)[: n + 1, : n + 1]
    upper = np.stack([x, y, bulge], -1).reshape(-1, 3)
    lower = upper * [1, 1, -1]
    inner = np.zeros((n + 1, n + 1), dtype=bool)
    inner[1:-1, 1:-1] = True
    number = np.arange((n + 1) ** 2)
    below = number.copy()
    below[inner.ravel()] = (n + 1) ** 2 + np.arange(inner.sum())
    row, column = (index.ravel() for index in np.mgrid[0:n, 0:n])
    quads = np.stack([row, row, row + 1, row + 1], 1) * (n + 1) + np.stack([column, column + 1, column + 1, column], 1)
    uvs = (
        np.stack([np.stack([column, column + 1, column + 1, column], 1), np.stack([row, row, row + 1, row + 1], 1)], -1)
        / n
    )
    vertices = np.concatenate([upper, lower[inner.ravel()]])
    made = shapes.mesh(
        vertices, np.concatenate([quads, below[quads][:, ::-1]]), front, uvs=np.concatenate([uvs, uvs[:, ::-1]])
    )
    made.data.materials.append(back)
    made.data.polygons.foreach_set("material_index", np.repeat([0, 1], n * n).astype(np.int32))
    return made


def _inflate(skin: bpy.types.Object, frames: int = 45) -> None:
    """Let pressure fill the cover until the seams pucker; freezes the result into the mesh."""
    settings = skin.modifiers.new("cloth", "CLOTH").settings
    settings.quality, settings.mass, settings.air_damping = 6, 0.15, 2.0
    settings.tension_stiffness = settings.compression_stiffness = 18.0
    settings.shear_stiffness, settings.bending_stiffness = 6.0, 0.25
    settings.use_pressure, settings.uniform_pressure_force = True, 1.2
    settings.effector_weights.gravity = 0.0
    scene = bpy.context.scene
    scene.frame_end = frames
    for frame in range(1, frames + 1):
        scene.frame_set(frame)
    shaped = skin.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
    settled = np.empty(len(shaped.vertices) * 3, dtype=np.float32)
    shaped.vertices.foreach_get("co", settled)
    skin.modifiers.clear()
    skin.data.vertices.foreach_set("co", settled)
    skin.data.update()


def _piping(skin: bpy.types.Object) -> bpy.types.Object:
    """A cord sewn into the seam."""
    n = _CELLS + 1
    number = np.arange(n * n).reshape(n, n)
    seam = np.concatenate([number[0, :-1], number[:-1, -1], number[-1, :0:-1], number[:0:-1, 0]])
    points = np.array([skin.data.vertices[int(index)].co for index in seam]) * 10
    cord = materials.plastic("piping", (0.34, 0.13, 0.06), 0.8, grain=0.02)
    return shapes.tube(points, 0.42, cord, closed=True)


def _panel_material() -> bpy.types.Material:
    g = Graph("block print")
    print_ = g.picture(_block_print(), g.place(space="UV"), color=True)
    patchy = g.spread(g.noise(2.2, 6, 0.75), 0.35, 0.6, 0.0, 0.22)
    ink = g.mix(patchy, print_, (0.62, 0.54, 0.4))
    return materials.cloth_on(g, ink, textures.weave(12, uneven=0.7), per_uv=14, pattern=ink, depth=0.05)


def _block_print() -> prints.Pixels:
    """Rows of leaves and suns between borders, each stamped a little off, as by hand."""
    stamp = np.random.default_rng(17)
    sheet = prints.Sheet(2048, 2048, (222, 208, 178))
    indigo, rust, ochre = (38, 58, 96), (160, 66, 40), (196, 142, 56)
    for row in range(7):
        for column in range(7):
            x, y = (np.array([column, row]) + 0.5) / 7 + stamp.normal(0, 0.0025, 2)
            if (row + column) % 2:
                _stamp_sun(sheet, x, y, rust, ochre, stamp)
            else:
                _stamp_leaf(sheet, x, y, indigo, stamp)
    for edge in range(8):
        at = edge / 7
        for dot in range(56):
            place = (dot + 0.5) / 56
            sheet.draw.ellipse(_circle(place, at, 0.0032 + stamp.uniform(0, 0.001)), fill=indigo)
            sheet.draw.ellipse(_circle(at, place, 0.0032 + stamp.uniform(0, 0.001)), fill=indigo)
    return sheet.pixels()


def _circle(x: float, y: float, radius: float) -> list[float]:
    return [(x - radius) * 2048, (y - radius) * 2048, (x + radius) * 2048, (y + radius) * 2048]


def _stamp_sun(
    sheet: prints.Sheet, x: float, y: float, ray: prints.Ink, core: prints.Ink, stamp: np.random.Generator
) -> None:
    turn = stamp.normal(0, 0.05)
    for petal in range(12):
        angle = turn + petal * np.pi / 6
        out, aside = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
        at = np.array([x, y])
        sheet.area(
            [
                tuple(at + out * 0.026),
                tuple(at + out * 0.042 + aside * 0.008),
                tuple(at + out * 0.058),
                tuple(at + out * 0.042 - aside * 0.008),
            ],
            ray,
        )
    sheet.draw.ellipse(_circle(x, y, 0.021), fill=core)
    sheet.draw.ellipse(_circle(x, y, 0.010), fill=ray)


def _stamp_leaf(sheet: prints.Sheet, x: float, y: float, ink: prints.Ink, stamp: np.random.Generator) -> None:
    turn = stamp.normal(0, 0.05) + np.pi / 4
    along, aside = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
    at = np.array([x, y])
    t = np.linspace(-1, 1, 24)
    for side in (-1, 1):
        edge = [tuple(at + along * 0.058 * step + aside * side * (0.004 + 0.024 * (1 - step**2))) for step in t]
        sheet.area([*edge, *(tuple(at + along * 0.056 * step + aside * side * 0.003) for step in t[::-1])], ink)
    for vein in np.linspace(-0.7, 0.6, 6):
        for side in (-1, 1):
            start = at + along * 0.058 * vein + aside * side * 0.004
            sheet.line(
                [tuple(start), tuple(start + along * 0.016 + aside * side * 0.016 * (1 - vein**2))], 5, (222, 208, 178)
            )


def _sofa() -> None:
    """Seat, back and arm in a two-tone tweed, soft at their edges, with a throw over the arm."""

    def tweed(name: str, tiles: float) -> bpy.types.Material:
        return materials.cloth(name, (0.15, 0.17, 0.17), 33, per_uv=tiles, second=(0.25, 0.25, 0.22), depth=0.09)

    seats = (((62, 62, 17), (-38, 6, -17)), ((62, 62, 17), (25.5, 6, -17)))
    backs = (((62, 17, 46), (-38, 32, -2)), ((62, 17, 46), (25.5, 32, -2)))
    for number, (size, at) in enumerate((*seats, *backs)):
        _padded(size, at, tweed(f"tweed {number}", 8), number)
    _padded((20, 80, 34), (67, 8, -22), tweed("arm", 9), 9)
    wool = materials.cloth("throw", (0.52, 0.36, 0.13), 61, per_uv=9, second=(0.6, 0.5, 0.32), depth=0.16)
    y, x = np.mgrid[-0.5:0.5:140j, 0:1:140j]
    over = np.stack(
        [
            36 + 24 * x + 2 * np.sin(y * 9),
            y * 46 + 4,
            0.9 + 1.3 * np.sin(x * 22 + 3 * np.sin(y * 4)) * (0.4 + x) + 1.4 * x,
        ],
        -1,
    )
    shapes.thicken(shapes.grid(over, wool, name="throw"), 0.5, 1.0)


def _padded(
    size: tuple[float, float, float], at: tuple[float, float, float], cover: bpy.types.Material, seed: int
) -> None:
    """An upholstered block: rounded, crowned and slightly lumpy."""
    block = shapes.box(size, 0, cover, at=at)
    rounding = block.modifiers.new("bevel", "BEVEL")
    rounding.width, rounding.segments = 4.0, 5
    shapes.subdivide(block, 3)
    block.modifiers["subdivision"].subdivision_type = "SIMPLE"
    lumps = bpy.data.textures.new(f"lumps {seed}", "CLOUDS")
    lumps.noise_scale = 14.0
    swell = block.modifiers.new("lumps", "DISPLACE")
    swell.texture, swell.strength, swell.mid_level = lumps, 1.6, 0.5


def _lay_clutter(rng: Random) -> None:
    """A paperback, a remote control and a cable on the seat."""
    shapes.place(
        clutter.book(rng, (18, 11.5, 1.8), "Night Ferry", "L. Sand", (26, 70, 84), (236, 214, 160)),
        (-30, -8, 0.6),
        (2, -3, 24),
    )
    body = materials.plastic("remote", (0.02, 0.02, 0.022), 0.4)
    parts = [shapes.box((4.4, 16, 1.8), 0.5, body)]
    for row in range(6):
        for column in range(3):
            key = shapes.box(
                (0.8, 0.7, 0.25),
                0.12,
                materials.plastic("key", (0.2, 0.2, 0.2) if row else (0.5, 0.05, 0.04), 0.5),
                at=((column - 1) * 1.2, 6 - row * 1.7, 1.7),
            )
            parts.append(key)
    shapes.group(parts, (21, -9, 0.7), (0, 2, -33))
    clutter.cable(
        [(-60, -20, 1), (-40, -22, 1), (-22, -18, 1), (-14, -20, 1), (-2, -17, 1), (2, -19, 1)],
        color=(0.55, 0.55, 0.53),
    )
