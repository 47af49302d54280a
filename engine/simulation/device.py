"""The device as a cost curve with planted failures. Batches run one after the other, as on one stream."""

import math
from dataclasses import dataclass

from engine.errors import DeviceLost
from engine.simulation.schedulers import Load


@dataclass(frozen=True, slots=True)
class DeviceModel:
    """What a batch costs: `overhead_s` + hypot(`floor_s`, area / `pixels_per_s`).

    A GPU needs `floor_s` for the chain of its layers however little there is to compute, and works at its full rate
    once the pixels outweigh that; `floor_s` × `pixels_per_s` is the area where the two are level. `host_s` is what the
    host needs to choose and describe a batch: with a second batch in flight it hides behind the first.
    """

    pixels_per_s: float
    floor_s: float = 0.0
    overhead_s: float = 0.0
    host_s: float = 0.0

    def seconds(self, area_px: int) -> float:
        """Device time of a batch in which the network sees `area_px`."""
        return self.overhead_s + math.hypot(self.floor_s, area_px / self.pixels_per_s)


CPU = DeviceModel(pixels_per_s=1.9e6)
"""Measured: restore in ONNX Runtime on two CPU cores takes 1.29 s of CPU time a megapixel in tiles of 440 px with
halos of 20; larger batches gain nothing."""
GPU = DeviceModel(pixels_per_s=1e9, floor_s=0.3e-3, overhead_s=0.1e-3, host_s=1e-3)
"""ASSUMED, not measured: an H200-like device, a chain of 60 layers of about 5 µs, 1,000 megapixels a second at best.
`host_s` was measured: the batcher takes 0.5 to 1.2 ms a batch with up to 200 photos queued."""


@dataclass(frozen=True, slots=True)
class Faults:
    """What fails. Batches are counted from 1; 0 means never."""

    poisoned: frozenset[tuple[int, int, int]] = frozenset()
    """Units by photo (its number in the trace), y and x: every batch that holds one fails."""
    memory_px: float = math.inf
    """A batch in which the network sees more than this does not fit."""
    lose_batch: int = 0
    """The nth batch loses the device."""

    def of(self, load: Load, number: int) -> Exception | None:
        """What the device raises for its nth batch."""
        if number == self.lose_batch:
            return DeviceLost(f"the simulated device was lost in batch {number}, as planned")
        if load.area_px > self.memory_px:
            return MemoryError(f"the simulated device holds {self.memory_px:g} px; received {load.area_px}")
        if guilty := self.poisoned.intersection(load.units):
            return RuntimeError(f"the simulated device failed on {min(guilty)} (photo, y, x), as planned")
        return None
