"""Batches in flight: for each, a set of tables in pinned and device memory, and what is to be done when it lands.

Device thread only.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.cuda.gpu import DEPTH, Gpu
from engine.cuda.handles import DeviceBuffer, Event, PinnedBuffer
from engine.cuda.pictures import Resident


@dataclass(frozen=True, slots=True, eq=False)
class TableSet:
    """Pinned memory and its copy on the device, of one size; `sent` and `done` are marks of the batch that uses it."""

    host: PinnedBuffer
    device: DeviceBuffer
    sent: Event
    done: Event

    def send(self, gpu: Gpu, size: int) -> None:
        """Enqueue a copy of the first `size` bytes; what `compute` is given from now on begins after it.

        And after every picture that was sent before: one stream carries them all.
        """
        gpu.cuda.upload(self.device.address, self.host.array[:size], gpu.outward)
        gpu.cuda.record(self.sent, gpu.outward)
        gpu.cuda.order(gpu.compute, self.sent)

    def fetch(self, gpu: Gpu, address: int, start: int, size: int) -> NDArray[np.uint8]:
        """Enqueue a copy home, into the pinned memory from `start`; read the array that is returned once done."""
        home = self.host.array[start : start + size]
        gpu.cuda.download(home, address, gpu.compute)
        return home


class TableSets:
    """As many sets as batches may be in flight, made once."""

    def __init__(self, gpu: Gpu, host_bytes: int, device_bytes: int) -> None:
        cuda = gpu.cuda
        self._free = [
            TableSet(cuda.pinned(host_bytes), cuda.allocate(device_bytes), cuda.event(), cuda.event())
            for _ in range(DEPTH)
        ]

    def take(self) -> TableSet:
        """Take a set whose last batch was waited for."""
        assert self._free, f"at most {DEPTH} batches may be in flight"
        return self._free.pop()

    def give_back(self, tables: TableSet) -> None:
        """Its batch is over."""
        self._free.append(tables)


@dataclass(slots=True, eq=False)
class RunningBatch:
    """See `engine.backends.base.Running`."""

    gpu: Gpu
    sets: TableSets
    tables: TableSet
    residents: dict[int, Resident] = field(default_factory=dict)
    read: Callable[[], None] = lambda: None
    """Looks at what was fetched; raises ValueError for an answer that is not finite."""

    def wait(self) -> None:
        """Block until the batch is done. Raises ValueError naming the places whose answer is not finite, DeviceLost,
        or CudaCallFailed. To be called once.
        """
        try:
            self.gpu.cuda.wait(self.tables.done)
            self.read()
        finally:
            self.over()

    def over(self) -> None:
        """Give back what the batch used. Nothing of it may still be on its way."""
        self.gpu.pictures.done(self.residents)
        self.sets.give_back(self.tables)
