"""Units of a tile model as a packed batch and back, with NumPy.

`pack_units` and `unpack_units` where slots are trimmed (a CPU); `pack_layout` and `unpack_layout` where units lie side
by side, as the GPU's kernels do it.
"""

from collections.abc import Sequence

import numpy as np

from engine.batching.lanes import Lane
from engine.batching.units import Layout, Unit
from engine.images import Floats
from engine.kernels.pack_tiles import Strip, Window, pack_strips, pack_tiles
from engine.kernels.unpack_tiles import Core, CoreStrip, unpack_strips, unpack_tiles
from engine.unit_shapes import TileShape


def trimmed_size(unit: Unit, shape: TileShape) -> tuple[int, int]:
    """Height and width of the slot that a unit needs where slots are trimmed: its core, aligned, and both halos."""
    return shape.seen_px(unit.box.height), shape.seen_px(unit.box.width)


def pack_units(units: Sequence[Unit], shape: TileShape, size: tuple[int, int]) -> Floats:
    """Return the units' tiles as float32 [N,channels_in,height,width] in 0..1."""
    batch = np.empty((len(units), shape.channels_in, *size), np.float32)
    windows = [Window(unit.source, unit.box.y - shape.halo_px, unit.box.x - shape.halo_px) for unit in units]
    pack_tiles(windows, batch)
    return batch


def unpack_units(answer: Floats, units: Sequence[Unit], shape: TileShape) -> None:
    """Write the network's answer, float32 [N,channels_out,scale*height,scale*width], into the units' targets."""
    cores = [Core(unit.target, *(shape.scale * length for length in unit.box)) for unit in units]
    unpack_tiles(answer, cores, shape.scale * shape.halo_px)


def pack_layout(layout: Layout, lane: Lane, shape: TileShape) -> Floats:
    """Return slots of fixed shape, float32 [size,channels_in,height,width] in 0..1, units side by side."""
    batch = np.zeros((layout.size, shape.channels_in, lane.height_px, lane.width_px), np.float32)
    pack_strips(strips_of(layout, shape), batch)
    return batch


def strips_of(layout: Layout, shape: TileShape) -> list[Strip]:
    """What each unit of the layout sees, and where that lies in its slot."""
    halo = shape.halo_px
    return [
        Strip(Window(unit.source, unit.box.y - halo, unit.box.x - halo), slot, x, shape.seen_px(unit.box.width))
        for unit, slot, x in layout.placed
    ]


def unpack_layout(answer: Floats, layout: Layout, shape: TileShape) -> None:
    """Write the units' cores into their targets.

    `answer` is float32 [size,channels_out,scale*height,scale*width], all finite.
    """
    scale, halo = shape.scale, shape.halo_px
    strips = [
        CoreStrip(Core(unit.target, *(scale * length for length in unit.box)), slot, scale * halo, scale * (x + halo))
        for unit, slot, x in layout.placed
    ]
    faults = unpack_strips(answer, strips)
    assert not faults.any(), "values that are not finite"
