"""What tile and frame executors do alike when a batch starts. Device thread only."""

from collections.abc import Callable, Sequence

from engine.batching.units import Layout, Placed
from engine.cuda.flights import RunningBatch, TableSet, TableSets
from engine.cuda.gpu import Gpu
from engine.cuda.pictures import Resident

Enqueue = Callable[[Layout, TableSet, dict[int, Resident]], Callable[[], None]]
"""Enqueues a batch; returns what reads its answer once it is done."""

_MOST_PLACES = 3


def begin_batch(gpu: Gpu, sets: TableSets, layout: Layout, enqueue: Enqueue) -> RunningBatch:
    """Make the pictures resident and enqueue the batch. What fails leaves nothing behind, on the device or here.

    Raises DeviceLost when the context is broken, whichever library noticed; else what `enqueue` raised, or MemoryError
    when the pictures do not fit.
    """
    batch = RunningBatch(gpu, sets, sets.take())
    try:
        batch.residents = gpu.pictures.use(layout.units)
        batch.read = enqueue(layout, batch.tables, batch.residents)
        gpu.cuda.record(batch.tables.done, gpu.compute)
    except BaseException as error:
        gpu.cuda.require_alive(error)  # waits, too: nothing of this batch is under way afterwards
        batch.over()
        raise
    return batch


def describe_places(placed: Sequence[Placed]) -> str:
    """Where units lie in their photos, in words."""
    words = []
    for unit, _, _ in placed[:_MOST_PLACES]:
        height, width = unit.source.shape[:2]
        words.append(f"y {unit.box.y}, x {unit.box.x} of a photo of {height} × {width} px")
    more = len(placed) - len(words)
    return "; ".join(words) + (f" and {more} more" if more > 0 else "")
