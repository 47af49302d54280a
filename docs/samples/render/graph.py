"""Owns the building of shader graphs: thin words over Blender's nodes, so that materials read as formulas."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

Socket = bpy.types.NodeSocket
Value = Socket | float | tuple[float, ...]
Stop = tuple[float, tuple[float, float, float]]


class Graph:
    """One material's node tree. Every method adds a node and returns its output socket."""

    def __init__(self, name: str) -> None:
        self.material = bpy.data.materials.new(name)
        self.tree = self.material.node_tree
        self.bsdf = self.tree.nodes["Principled BSDF"]

    def node(self, kind: str, inputs: dict[str | int, Value | None], out: str | int = 0, **settings: Any) -> Socket:
        """Add a node of Blender's `kind`, link or set its inputs, and return the output named `out`."""
        made = self.tree.nodes.new(kind)
        for setting, value in settings.items():
            setattr(made, setting, value)
        for key, value in inputs.items():
            self._feed(made.inputs[key], value)
        return made.outputs[out]

    def surface(self, **inputs: Value) -> bpy.types.Material:
        """Set the surface's inputs by name (`Base_Color=...`) and return the finished material."""
        for key, value in inputs.items():
            self._feed(self.bsdf.inputs[key.replace("_", " ")], value)
        return self.material

    def place(
        self, scale: tuple[float, float, float] = (1, 1, 1), turn: float = 0.0, *, space: str = "Object"
    ) -> Socket:
        """Texture coordinates: "Object" in cm, "UV" in 0..1, "Generated" in 0..1 of the object's box."""
        raw = self.node("ShaderNodeTexCoord", {}, space)
        return self.node("ShaderNodeMapping", {"Vector": raw, "Scale": scale, "Rotation": (0.0, 0.0, turn)})

    def noise(
        self, scale: float, detail: float = 4.0, rough: float = 0.5, at: Socket | None = None, bend: float = 0.0
    ) -> Socket:
        """Cloud noise in 0..1, `scale` clouds to a centimetre."""
        where = at if at is not None else self.place()
        inputs = {"Vector": where, "Scale": scale, "Detail": detail, "Roughness": rough, "Distortion": bend}
        return self.node("ShaderNodeTexNoise", inputs, "Factor")

    def cells(self, scale: float, at: Socket | None = None, out: str = "Distance") -> Socket:
        """Distance to scattered points, `scale` points to a centimetre."""
        where = at if at is not None else self.place()
        return self.node("ShaderNodeTexVoronoi", {"Vector": where, "Scale": scale}, out)

    def ramp(self, value: Socket, *stops: Stop) -> Socket:
        """Map a value in 0..1 onto colours through `stops`."""
        made = self.tree.nodes.new("ShaderNodeValToRGB")
        elements = made.color_ramp.elements
        while len(elements) < len(stops):
            elements.new(0.5)
        for element, (position, color) in zip(elements, stops, strict=True):
            element.position, element.color = position, (*color, 1.0)
        self.tree.links.new(value, made.inputs["Factor"])
        return made.outputs["Color"]

    def spread(self, value: Socket, low: float, high: float, to_low: float = 0.0, to_high: float = 1.0) -> Socket:
        """Stretch `low..high` onto `to_low..to_high`, clamped."""
        inputs: dict[str | int, Value | None] = {0: value, 1: low, 2: high, 3: to_low, 4: to_high}
        return self.node("ShaderNodeMapRange", inputs, "Result")

    def mix(self, amount: Value, first: Value, second: Value, blend: str = "MIX") -> Socket:
        """Blend two colours by `amount`."""
        inputs: dict[str | int, Value | None] = {0: amount, 6: _opaque(first), 7: _opaque(second)}
        return self.node("ShaderNodeMix", inputs, 2, data_type="RGBA", blend_type=blend)

    def math(self, kind: str, first: Value, second: Value = 0.0) -> Socket:
        """Arithmetic on two values: "ADD", "MULTIPLY", "MAXIMUM", ..."""
        return self.node("ShaderNodeMath", {0: first, 1: second}, operation=kind)

    def bump(self, height: Socket, depth_cm: float, under: Socket | None = None) -> Socket:
        """A normal that makes a surface look raised by `height` × `depth_cm`."""
        return self.node("ShaderNodeBump", {"Height": height, "Strength": 1.0, "Distance": depth_cm, "Normal": under})

    def picture(
        self, pixels: NDArray[np.float32], at: Socket, *, color: bool, out: str = "Color", repeat: bool = True
    ) -> Socket:
        """Sample an image (height, width, 4), float 0..1, sRGB when `color`, else plain numbers."""
        height, width = pixels.shape[:2]
        image = bpy.data.images.new("picture", width, height, alpha=True, float_buffer=not color)
        image.colorspace_settings.name = "sRGB" if color else "Non-Color"
        image.pixels.foreach_set(np.ascontiguousarray(pixels[::-1], dtype=np.float32).ravel())
        image.pack()
        extension = "REPEAT" if repeat else "EXTEND"
        return self.node(
            "ShaderNodeTexImage", {"Vector": at}, out, image=image, extension=extension, interpolation="Cubic"
        )

    def _feed(self, socket: Socket, value: Value | None) -> None:
        if value is None:
            return
        if isinstance(value, bpy.types.NodeSocket):
            self.tree.links.new(value, socket)
        elif socket.type == "RGBA" and isinstance(value, tuple):
            socket.default_value = _opaque(value)
        else:
            socket.default_value = value


def _opaque(value: Value) -> Value:
    return (*value, 1.0) if isinstance(value, tuple) and len(value) == 3 else value
