"""Owns the surfaces that several scenes share: wood, cloth, metal, paper, plastic, glass; in centimetres."""

from __future__ import annotations

import bpy
import numpy as np
from numpy.typing import NDArray

from render import textures
from render.graph import Graph, Socket

Material = bpy.types.Material
Color = tuple[float, float, float]


def plastic(name: str, color: Color, rough: float = 0.35, *, grain: float = 0.0) -> Material:
    """Moulded plastic or lacquer with smudges in its gloss; `grain` is the depth in cm of a fine texture."""
    g = Graph(name)
    smudges = g.spread(g.noise(0.5, 6), 0.35, 0.7, rough * 0.8, min(1.0, rough * 1.5))
    normal = g.bump(g.noise(14, 2), grain) if grain else g.bump(g.noise(0.8, 2), 0.002)
    return g.surface(Base_Color=color, Roughness=smudges, Normal=normal)


def metal(
    name: str, color: Color, rough: float = 0.2, *, brushed: tuple[float, float, float] | None = None
) -> Material:
    """Metal with fine scratches; `brushed` stretches them, as scales of x, y, z."""
    g = Graph(name)
    scratches = g.noise(6, 6, 0.7, g.place(brushed or (1, 1, 1)))
    gloss = g.spread(scratches, 0.3, 0.75, rough * 0.6, rough * 1.6)
    normal = g.bump(scratches, 0.004 if brushed else 0.0008)
    return g.surface(Base_Color=color, Metallic=1.0, Roughness=gloss, Normal=normal)


def glass(name: str, color: Color = (1, 1, 1), index: float = 1.5, rough: float = 0.0) -> Material:
    """Clear or tinted glass."""
    g = Graph(name)
    g.bsdf.distribution = "GGX"
    normal = g.bump(g.noise(0.35, 1), 0.01)
    return g.surface(Base_Color=color, Transmission_Weight=1.0, IOR=index, Roughness=rough, Normal=normal)


def wood(
    name: str, light: Color, dark: Color, *, along: str = "x", gloss: float = 0.45, ring: float = 0.45
) -> Material:
    """Planed wood with year rings, pores along `along` and a worn varnish; `ring` is rings to a centimetre."""
    g = Graph(name)
    thin, across = 0.07, 1.0
    scale = (thin, across, across) if along == "x" else (across, thin, across)
    where = g.place(scale)
    island = g.node("ShaderNodeObjectInfo", {}, "Random")
    jump = g.node(
        "ShaderNodeCombineXYZ", {0: g.math("MULTIPLY", island, 37), 1: g.math("MULTIPLY", island, 91), 2: 0.0}
    )
    where = g.node("ShaderNodeVectorMath", {0: where, 1: jump}, operation="ADD")
    bent = g.noise(ring * 0.5, 3, 0.5, where, 1.0)
    rings = g.node("ShaderNodeMath", {0: g.math("MULTIPLY", bent, 14.0), 1: 1.0}, operation="FRACT")
    soft = g.spread(rings, 0.0, 1.0, 0.15, 0.85)
    pores = g.noise(14, 3, 0.6, g.place(tuple(s * (0.35 if s == thin else 1.0) for s in scale)))
    fibres = g.noise(5, 5, 0.65, where)
    tone = g.math("ADD", g.math("MULTIPLY", soft, 0.45), g.math("MULTIPLY", fibres, 0.6))
    base = g.ramp(tone, (0.2, dark), (0.75, light))
    shade = g.spread(island, 0.0, 1.0, 0.72, 1.0)
    base = g.mix(1.0, base, g.node("ShaderNodeCombineColor", {0: shade, 1: shade, 2: shade}), "MULTIPLY")
    base = g.mix(g.spread(pores, 0.58, 0.7, 0.0, 0.55), base, tuple(c * 0.35 for c in dark))
    rough = g.spread(g.noise(0.25, 5), 0.3, 0.7, gloss * 0.75, min(1.0, gloss * 1.4))
    return g.surface(Base_Color=base, Roughness=rough, Normal=g.bump(pores, -0.012))


def cloth(
    name: str,
    color: Color,
    seed: int,
    *,
    per_uv: float,
    second: Color | None = None,
    depth: float = 0.03,
    pattern: Socket | None = None,
) -> Material:
    """Woven cloth on an object's UVs: `per_uv` tiles of 24 threads across; `second` colours the weft."""
    g = Graph(name)
    return cloth_on(g, color, textures.weave(seed), per_uv=per_uv, second=second, depth=depth, pattern=pattern)


def cloth_on(
    g: Graph,
    color: Color | Socket,
    tile: NDArray[np.float32],
    *,
    per_uv: float,
    second: Color | None = None,
    depth: float = 0.03,
    pattern: Socket | None = None,
) -> Material:
    """Finish a graph as cloth of the given tile (see `textures`); `pattern` replaces the warp's colour."""
    where = g.place((per_uv, per_uv, 1), space="UV")
    parts = g.node("ShaderNodeSeparateColor", {0: g.picture(tile, where, color=False)}, "Red")
    height, over, tone = (parts.node.outputs[channel] for channel in ("Red", "Green", "Blue"))
    yarn: Color | Socket = pattern if pattern is not None else color
    if second is not None:
        yarn = g.mix(over, second, yarn)
    shade = g.math("MULTIPLY", g.spread(tone, 0, 1, 0.8, 1.1), g.spread(height, 0.0, 0.9, 0.45, 1.0))
    base = g.mix(1.0, yarn, g.node("ShaderNodeCombineColor", {0: shade, 1: shade, 2: shade}), "MULTIPLY")
    fuzz = g.noise(18, 3)
    normal = g.bump(height, depth, g.bump(fuzz, depth * 0.4))
    return g.surface(Base_Color=base, Roughness=0.85, Sheen_Weight=0.15, Normal=normal, Specular_IOR_Level=0.25)


def paper(name: str, color: Color, *, fibre: float = 0.004) -> Material:
    """Uncoated paper or card with faint fibres."""
    g = Graph(name)
    fibres = g.noise(9, 6, 0.7)
    tint = g.mix(g.spread(fibres, 0.3, 0.7, 0.0, 0.12), color, tuple(c * 0.6 for c in color))
    return g.surface(Base_Color=tint, Roughness=0.85, Normal=g.bump(fibres, fibre), Specular_IOR_Level=0.3)


def printed(name: str, pixels: NDArray[np.float32], *, rough: float = 0.5, fibre: float = 0.002) -> Material:
    """A printed sheet: sRGB `pixels` (height, width, 4) over the UVs, on paper as rough as `rough`."""
    g = Graph(name)
    ink = g.picture(pixels, g.place(space="UV"), color=True, repeat=False)
    return g.surface(Base_Color=ink, Roughness=rough, Normal=g.bump(g.noise(9, 6, 0.7), fibre))


def wall(name: str, color: Color) -> Material:
    """Rolled wall paint: faint orange peel and stains."""
    g = Graph(name)
    stains = g.mix(g.spread(g.noise(0.04, 5), 0.3, 0.75, 0.0, 0.25), color, tuple(c * 0.75 for c in color))
    return g.surface(Base_Color=stains, Roughness=0.7, Normal=g.bump(g.noise(3.5, 4), 0.04))
