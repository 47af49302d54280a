"""Pictures on the device: a work's source is uploaded once, its target is brought home once, and both are forgotten
when the work is over and no batch in flight uses them. Device thread only.

The memory they take is bounded by `room_px`, asked once everything is loaded: a picture is resident from its work's
first batch until the work is settled, and the batcher begins no work that the room is too small for, unless it is the
only one. On the device that is at most 3 bytes for each pixel of sources and targets, 1/16 more (the pool's rounding),
15 bytes for each row, and KEPT_BYTES that the pool keeps for the next picture, so that in the steady state nothing is
allocated.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.batching.units import Unit
from engine.cuda.driver import Cuda
from engine.cuda.handles import DeviceBuffer, Stream
from engine.cuda.staging import Plane, Staging, pitch_of
from engine.images import Image

KEPT_BYTES = 1 << 30
BYTES_PER_PX = 3 * 17 / 16
FREE_SHARE = 0.9
NOWHERE = Plane(0, 0)


@dataclass(slots=True, eq=False)
class Resident:
    """The device copies of one work, as far as it has pictures: a latent model's `source` is NOWHERE, since vectors go
    with their batch, and a frame model's `answer` None.
    """

    target: NDArray[Any]
    source: Plane
    answer: Plane | None
    memory: list[DeviceBuffer]
    batches: int = 0
    released: bool = False


class Pictures:
    """What is resident, by the identity of the target array."""

    def __init__(self, cuda: Cuda, outward: Stream, homeward: Stream) -> None:
        """Uploads are enqueued on `outward`: work on other streams must wait for an event recorded there later."""
        self._cuda = cuda
        self._outward = Staging(cuda, outward)
        self._homeward = Staging(cuda, homeward)
        self._residents: dict[int, Resident] = {}

    def use(self, units: Iterable[Unit]) -> dict[int, Resident]:
        """Make the pictures of a batch's units resident; returns them by id(target). Answer it with `done`.

        Raises MemoryError when they do not fit; then none of them counts as used.
        """
        used: dict[int, Resident] = {}
        try:
            for unit in units:
                key = id(unit.target)
                if key not in used:
                    resident = self._residents.get(key) or self._bring(unit)
                    resident.batches += 1
                    used[key] = resident
        except BaseException:
            self.done(used)
            raise
        return used

    def done(self, used: dict[int, Resident]) -> None:
        """The batch that used them is over."""
        for resident in used.values():
            resident.batches -= 1
            self._forget(resident)

    def collect(self, target: NDArray[Any]) -> None:
        """Copy a finished answer home into `target`; blocks. Nothing to do for a frame model's."""
        resident = self._residents.get(id(target))
        if resident is not None and resident.answer is not None:
            self._homeward.download(resident.answer, target)

    def release(self, target: NDArray[Any]) -> None:
        """Its work is settled: free the device copies, now or when the last batch that uses them is over."""
        resident = self._residents.get(id(target))
        if resident is not None:
            resident.released = True
            self._forget(resident)

    @property
    def room_px(self) -> float:
        """How many pixels more the device has room for now, with a tenth of its free memory left to others."""
        free = self._cuda.memory().free + self._cuda.idle_pool_bytes
        return FREE_SHARE * free / BYTES_PER_PX

    @property
    def count(self) -> int:
        """How many works have pictures on the device."""
        return len(self._residents)

    def _bring(self, unit: Unit) -> Resident:
        resident = Resident(unit.target, NOWHERE, None, [])
        try:
            if _is_picture(unit.source):
                resident.source = self._place(unit.source, resident)
            if _is_picture(unit.target):
                resident.answer = self._place(unit.target, resident)
            if resident.source is not NOWHERE:
                self._outward.upload(unit.source, resident.source)
        except BaseException:
            self._free(resident)
            raise
        self._residents[id(unit.target)] = resident
        return resident

    def _place(self, image: Image, resident: Resident) -> Plane:
        pitch = pitch_of(image)
        resident.memory.append(self._cuda.take(pitch * image.shape[0]))
        return Plane(resident.memory[-1].address, pitch)

    def _forget(self, resident: Resident) -> None:
        if resident.released and resident.batches == 0:
            self._residents.pop(id(resident.target), None)
            self._free(resident)
            if self._cuda.idle_pool_bytes > KEPT_BYTES:
                self._cuda.trim_pool()

    def _free(self, resident: Resident) -> None:
        """Back into the pool. An upload that is still under way does no harm: whoever takes the memory next waits for
        the uploads' stream, which is in order, before using it.
        """
        for buffer in resident.memory:
            buffer.close()
        resident.memory.clear()


def _is_picture(array: NDArray[Any]) -> bool:
    return bool(array.ndim == 3 and array.dtype == np.uint8)
