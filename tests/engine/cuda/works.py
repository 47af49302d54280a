"""Works of several photos for the executors' tests: laid out, run two in flight, brought home."""

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.batching.cutting import Box, cutting_of
from engine.batching.lanes import Slots
from engine.batching.units import Layout, Placed, Unit
from engine.cuda.gpu import Gpu
from engine.cuda.handles import Module
from engine.images import Image

Load = Callable[[Gpu], Module]
Photos = Callable[..., Image]
SIZES = [(1, 1), (7, 300), (131, 97), (44, 44), (45, 91), (200, 3), (64, 250)]


def layouts_of(works: list[Unit], slots: Slots, card: Any) -> list[Layout]:
    """All of several whole photos, cut and laid side by side, lane by lane, until slots and batches are full."""
    layouts = []
    cuttings = [(work, cutting_of(card, slots, *work.source.shape[:2])) for work in works]
    for lane in slots.lanes:
        placed: list[Placed] = []
        slot, x = 0, 0
        for work, cutting in cuttings:
            while cutting.has(lane):
                piece = cutting.take(lane, lane.width_px - x)
                if piece is None:
                    slot, x = slot + 1, 0
                    if slot == slots.sizes[-1]:
                        layouts.append(Layout(lane, slot, tuple(placed)))
                        placed, slot = [], 0
                    continue
                placed.append(Placed(Unit(work.source, work.target, piece.box), slot, x))
                x += piece.length
        if placed:
            layouts.append(Layout(lane, slots.holding(slot + 1), tuple(placed)))
    return layouts


def run_all(gpu: Gpu, executor: Any, layouts: list[Layout]) -> None:
    """As the device thread does: two in flight, the older one waited for."""
    flying: list[Any] = []
    for layout in layouts:
        flying.append(executor.start(layout))
        if len(flying) == 2:
            flying.pop(0).wait()
    for running in flying:
        running.wait()


def works_of(
    photo_of: Photos,
    sizes: list[tuple[int, int]],
    scale: int,
    highest: int = 254,
    channels: tuple[int, int] = (3, 3),
) -> list[Unit]:
    works = []
    for seed, (height, width) in enumerate(sizes):
        source = np.minimum(photo_of(height, width, seed, channels[0]), highest).astype(np.uint8)
        target = np.zeros((scale * height, scale * width, channels[1]), np.uint8)
        works.append(Unit(source, target, Box(0, 0, height, width)))
    return works


def finish(gpu: Gpu, works: list[Unit]) -> None:
    for work in works:
        gpu.pictures.collect(work.target)
        gpu.pictures.release(work.target)
    assert gpu.pictures.count == 0
