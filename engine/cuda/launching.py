"""What all executors do alike when a batch starts, and when it is done. Device thread only."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine.batching.units import Layout
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


def refuse_faults(layout: Layout, faults: NDArray[np.uint32]) -> None:
    """Raise ValueError naming the units whose fault is not 0: their answer holds values that are not finite."""
    bad = [placed.unit.place for placed, fault in zip(layout.placed, faults, strict=True) if fault]
    if bad:
        more = f" and {len(bad) - _MOST_PLACES} more" if len(bad) > _MOST_PLACES else ""
        places = "; ".join(bad[:_MOST_PLACES]) + more
        raise ValueError(f"the network's answer holds values that are not finite, for {places}")
