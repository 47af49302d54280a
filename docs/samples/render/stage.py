"""Owns the Blender scene: an empty room, the hand-held camera, the lamps and the render; knows no product.

One Blender unit is one centimetre everywhere, so sizes below read as on a ruler.
"""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
from mathutils import Vector
from numpy.typing import NDArray

from render.camera_faults import Faults

Point = tuple[float, float, float]


@dataclass(frozen=True)
class View:
    """Where the phone is held: eye and target in cm, lens as on 36 mm film, roll in degrees, lens opening in mm."""

    eye: Point
    target: Point
    lens_mm: float = 32.0
    roll_deg: float = 0.0
    focus: Point | None = None
    aperture_mm: float = 2.4


@dataclass(frozen=True)
class Shot:
    """One photo to take: the upright size in pixels, the view of the scene and what the phone does wrong."""

    width_px: int
    height_px: int
    view: View
    faults: Faults


def clear_stage(seed: int) -> None:
    """Drop everything Blender holds and set the path tracer up; `seed` fixes its sampling pattern."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.view_settings.view_transform = "Raw"
    cycles = scene.cycles
    cycles.device = "CPU"
    cycles.seed = seed
    cycles.use_denoising = True
    cycles.denoiser = "OPENIMAGEDENOISE"
    cycles.adaptive_threshold = 0.02
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 10, 3, 4
    cycles.transparent_max_bounces = 12
    cycles.sample_clamp_indirect = 6.0
    cycles.caustics_refractive = False
    cycles.caustics_reflective = False


def light_room(image: str, strength: float, tint: Point, turn_deg: float = 0.0) -> None:
    """Light the scene from all around with one of Blender's own panoramas ("interior", "studio", ...), tinted."""
    world = bpy.data.worlds.new("room")
    bpy.context.scene.world = world
    tree = world.node_tree
    background = tree.nodes["Background"]
    folder = Path(bpy.utils.resource_path("LOCAL")) / "datafiles" / "studiolights" / "world"
    panorama = tree.nodes.new("ShaderNodeTexEnvironment")
    panorama.image = bpy.data.images.load(str(folder / f"{image}.exr"))
    mapping = tree.nodes.new("ShaderNodeMapping")
    mapping.inputs["Rotation"].default_value = (0.0, 0.0, math.radians(turn_deg))
    coordinates = tree.nodes.new("ShaderNodeTexCoord")
    tinted = tree.nodes.new("ShaderNodeMix")
    tinted.data_type, tinted.blend_type = "RGBA", "MULTIPLY"
    tinted.inputs[0].default_value = 1.0
    tinted.inputs[7].default_value = (*tint, 1.0)
    tree.links.new(coordinates.outputs["Generated"], mapping.inputs["Vector"])
    tree.links.new(mapping.outputs["Vector"], panorama.inputs["Vector"])
    tree.links.new(panorama.outputs["Color"], tinted.inputs[6])
    tree.links.new(tinted.outputs[2], background.inputs["Color"])
    background.inputs["Strength"].default_value = strength


def hang_lamp(position: Point, towards: Point, size_cm: float, kilowatts: float, color: Point) -> bpy.types.Object:
    """Hang a round area lamp; brightness is only relative, because the phone sets its own exposure afterwards."""
    light = bpy.data.lights.new("lamp", "AREA")
    light.shape, light.size = "DISK", size_cm
    light.energy, light.color = kilowatts * 1000.0, color
    lamp = bpy.data.objects.new("lamp", light)
    bpy.context.collection.objects.link(lamp)
    lamp.location = position
    lamp.rotation_euler = (Vector(towards) - Vector(position)).to_track_quat("-Z", "Y").to_euler()
    return lamp


def take_picture(shot: Shot, samples: int, scale: float = 1.0) -> NDArray[np.float32]:
    """Render the scene and return linear light as float32 (height, width, 3), unbounded; `scale` shrinks previews."""
    scene = bpy.context.scene
    scene.camera = _hold_camera(shot.view)
    scene.render.resolution_x = round(shot.width_px * scale)
    scene.render.resolution_y = round(shot.height_px * scale)
    scene.cycles.samples = samples
    settings = scene.render.image_settings
    settings.file_format, settings.color_mode, settings.color_depth = "OPEN_EXR", "RGB", "32"
    with tempfile.TemporaryDirectory() as folder:
        scene.render.filepath = str(Path(folder) / "picture.exr")
        bpy.ops.render.render(write_still=True)
        return _read_linear(scene.render.filepath)


def _hold_camera(view: View) -> bpy.types.Object:
    camera = bpy.data.cameras.new("phone")
    camera.lens, camera.sensor_width, camera.sensor_fit = view.lens_mm, 36.0, "AUTO"
    camera.clip_start, camera.clip_end = 0.5, 5000.0
    eye, target = Vector(view.eye), Vector(view.target)
    camera.dof.use_dof = True
    camera.dof.focus_distance = (Vector(view.focus or view.target) - eye).length
    # Cycles reads the lens in metres for one unit; our unit is a centimetre, so the f-number is set from the opening.
    camera.dof.aperture_fstop = (view.lens_mm / 1000.0) / (view.aperture_mm / 10.0)
    phone = bpy.data.objects.new("phone", camera)
    bpy.context.collection.objects.link(phone)
    phone.location = eye
    aim = (target - eye).to_track_quat("-Z", "Y").to_matrix().to_4x4()
    phone.matrix_world = phone.matrix_world.Translation(eye) @ aim @ aim.Rotation(math.radians(view.roll_deg), 4, "Z")
    return phone


def _read_linear(path: str) -> NDArray[np.float32]:
    image = bpy.data.images.load(path)
    image.colorspace_settings.name = "Non-Color"
    width, height = image.size
    pixels = np.empty(width * height * 4, dtype=np.float32)
    image.pixels.foreach_get(pixels)
    bpy.data.images.remove(image)
    return np.ascontiguousarray(pixels.reshape(height, width, 4)[::-1, :, :3])
