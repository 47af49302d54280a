"""Owns geometry: meshes built from NumPy arrays and Blender curves, in centimetres; knows no material and no scene."""

from __future__ import annotations

import bpy
import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Object = bpy.types.Object
Material = bpy.types.Material


def grid(
    points: Floats, material: Material, *, closed: bool = False, smooth: bool = True, name: str = "grid"
) -> Object:
    """A sheet over `points` (rows, columns, 3); `closed` joins the last column to the first. UVs run 0..1."""
    rows, columns = points.shape[:2]
    spans = columns if closed else columns - 1
    row, column = (index.ravel() for index in np.mgrid[0 : rows - 1, 0:spans])
    after = (column + 1) % columns
    faces = np.stack([row, row, row + 1, row + 1], 1) * columns + np.stack([column, after, after, column], 1)
    u = np.stack([column, column + 1, column + 1, column], 1) / spans
    v = np.stack([row, row, row + 1, row + 1], 1) / (rows - 1)
    return mesh(points.reshape(-1, 3), faces, material, uvs=np.stack([u, v], -1), smooth=smooth, name=name)


def mesh(
    vertices: ArrayLike,
    faces: ArrayLike | list[tuple[int, ...]],
    material: Material,
    *,
    uvs: Floats | None = None,
    smooth: bool = True,
    name: str = "mesh",
) -> Object:
    """An object of `vertices` (n, 3) and `faces`; `uvs` is (faces, corners, 2) where given."""
    data = bpy.data.meshes.new(name)
    data.from_pydata(np.asarray(vertices).tolist(), [], [list(map(int, face)) for face in faces])
    if uvs is not None:
        data.uv_layers.new(name="UVMap").data.foreach_set("uv", np.asarray(uvs, dtype=np.float32).ravel())
    data.materials.append(material)
    data.polygons.foreach_set("use_smooth", [smooth] * len(data.polygons))
    made = bpy.data.objects.new(name, data)
    bpy.context.collection.objects.link(made)
    return made


def profile(corners: list[tuple[float, float, float]], steps: int = 6) -> Floats:
    """A polyline (n, 2) through (radius, height, rounding) corners, each rounded by a small quadratic curve."""
    path = np.array([corner[:2] for corner in corners])
    made = [path[0]]
    for index in range(1, len(path) - 1):
        corner, before, after = path[index], path[index - 1], path[index + 1]
        arm_in, arm_out = before - corner, after - corner
        cut = min(corners[index][2], np.linalg.norm(arm_in) * 0.49, np.linalg.norm(arm_out) * 0.49)
        start = corner + arm_in / np.linalg.norm(arm_in) * cut
        end = corner + arm_out / np.linalg.norm(arm_out) * cut
        t = np.linspace(0.0, 1.0, steps)[:, None]
        made.extend((1 - t) ** 2 * start + 2 * t * (1 - t) * corner + t**2 * end)
    made.append(path[-1])
    return np.array(made)


def lathe(outline: Floats, material: Material, *, segments: int = 128, name: str = "turned") -> Object:
    """Turn an outline (n, 2) of radius and height around the z axis; u runs around, v along the outline's length."""
    angle = np.linspace(0.0, 2 * np.pi, segments, endpoint=False)
    radius, height = outline[:, :1], np.repeat(outline[:, 1:], segments, axis=1)
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle), height], axis=-1)
    return grid(points, material, closed=True, name=name)


def disc(radius: float, material: Material, *, segments: int = 96, name: str = "disc") -> Object:
    """A flat round plate whose UVs lie on it undistorted, as a picture cut round."""
    angle = np.linspace(0.0, 2 * np.pi, segments, endpoint=False)
    rim = np.stack([np.cos(angle), np.sin(angle)], -1)
    corners = np.c_[rim * radius, np.zeros(segments)]
    return mesh(corners, [tuple(range(segments))], material, uvs=(rim / 2 + 0.5)[None], smooth=False, name=name)


def box(
    size: ArrayLike, rounding: float, material: Material, *, at: ArrayLike = (0, 0, 0), name: str = "box"
) -> Object:
    """A box with rounded edges, standing on `at`, with its centre over it."""
    x, y, z = np.asarray(size, dtype=float) / 2
    corners = [(sx * x, sy * y, sz * z + z) for sx in (-1, 1) for sy in (-1, 1) for sz in (-1, 1)]
    faces = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    made = mesh(corners, faces, material, uvs=_box_uvs(faces, np.array(corners)), name=name)
    made.location = tuple(np.asarray(at, dtype=float))
    if rounding > 0:
        bevel(made, rounding)
    return made


def bevel(made: Object, width: float, segments: int = 3) -> Object:
    """Round the sharp edges of an object and keep its flat faces flat."""
    modifier = made.modifiers.new("bevel", "BEVEL")
    modifier.width, modifier.segments, modifier.limit_method = width, segments, "ANGLE"
    modifier.harden_normals = False
    weighted = made.modifiers.new("normals", "WEIGHTED_NORMAL")
    weighted.keep_sharp = True
    return made


def subdivide(made: Object, levels: int = 2) -> Object:
    """Smooth an object as a subdivision surface."""
    modifier = made.modifiers.new("subdivision", "SUBSURF")
    modifier.levels = modifier.render_levels = levels
    return made


def thicken(made: Object, thickness: float, offset: float = -1.0) -> Object:
    """Give a sheet a thickness in cm; -1 grows inwards, 1 outwards."""
    modifier = made.modifiers.new("thickness", "SOLIDIFY")
    modifier.thickness, modifier.offset = thickness, offset
    return made


def tube(
    points: ArrayLike, radius: float, material: Material, *, closed: bool = False, flat: float = 1.0, name: str = "tube"
) -> Object:
    """A round (or, with `flat` below 1, flattened) rope along a smooth curve through `points` (n, 3)."""
    curve = bpy.data.curves.new(name, "CURVE")
    curve.dimensions, curve.resolution_u, curve.use_fill_caps = "3D", 8, True
    if flat == 1.0:
        curve.bevel_depth, curve.bevel_resolution = radius, 5
    else:
        curve.bevel_mode, curve.bevel_object = "OBJECT", _ellipse(radius, radius * flat)
    path = np.asarray(points, dtype=float)
    spline = curve.splines.new("NURBS")
    spline.points.add(len(path) - 1)
    spline.points.foreach_set("co", np.c_[path, np.ones(len(path))].ravel())
    spline.order_u, spline.use_endpoint_u, spline.use_cyclic_u = 4, not closed, closed
    curve.materials.append(material)
    made = bpy.data.objects.new(name, curve)
    bpy.context.collection.objects.link(made)
    return made


def place(made: Object, at: ArrayLike = (0, 0, 0), turn_deg: ArrayLike = (0, 0, 0), scale: float = 1.0) -> Object:
    """Move, turn (about x, y, z, in degrees) and scale an object."""
    made.location = tuple(np.asarray(at, dtype=float))
    made.rotation_euler = tuple(np.radians(np.asarray(turn_deg, dtype=float)))
    made.scale = (scale, scale, scale)
    return made


def group(parts: list[Object], at: ArrayLike = (0, 0, 0), turn_deg: ArrayLike = (0, 0, 0)) -> Object:
    """Hang parts on one empty object, so that they move together."""
    handle = bpy.data.objects.new("group", None)
    bpy.context.collection.objects.link(handle)
    for part in parts:
        part.parent = handle
    return place(handle, at, turn_deg)


def _ellipse(half_width: float, half_height: float) -> Object:
    curve = bpy.data.curves.new("section", "CURVE")
    spline = curve.splines.new("NURBS")
    angle = np.linspace(0.0, 2 * np.pi, 12, endpoint=False)
    ring = np.c_[half_width * np.cos(angle), half_height * np.sin(angle), np.zeros(12), np.ones(12)]
    spline.points.add(11)
    spline.points.foreach_set("co", ring.ravel())
    spline.use_cyclic_u, spline.order_u = True, 4
    return bpy.data.objects.new("section", curve)


def _box_uvs(faces: list[tuple[int, ...]], corners: Floats) -> Floats:
    """Each side gets the whole 0..1 square, upright on the four walls."""
    low, span = corners.min(0), np.ptp(corners, axis=0)
    unit = (corners - low) / span
    uvs = []
    for face in faces:
        flat = np.ptp(unit[list(face)], axis=0) < 1e-9
        u_axis, v_axis = [axis for axis in range(3) if not flat[axis]]
        u = unit[list(face), u_axis]
        facing_away = (flat[1] and unit[face[0], 1] > 0.5) or (flat[0] and unit[face[0], 0] < 0.5)
        uvs.append(np.stack([1 - u if facing_away else u, unit[list(face), v_axis]], -1))
    return np.array(uvs)
