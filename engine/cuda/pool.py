"""Device memory that is kept for whoever asks next: allocating and freeing it would wait for the whole device.

PyCUDA's own pool is not used: a block of it that outlives the context ends the process. Device thread only.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from engine.cuda.handles import DeviceBuffer

_STEPS = 16


def rounded_size(size: int) -> int:
    """`size` rounded up by at most 1/16, so that pictures of nearly one size use each other's memory."""
    step = max(256, 1 << max(0, (size - 1).bit_length() - _STEPS.bit_length()))
    return -(-size // step) * step


class DevicePool:
    """Blocks by their rounded size."""

    def __init__(self, allocate: Callable[[int], Any]) -> None:
        """`allocate`: bytes to something with `free()` and an address as int(); raises MemoryError."""
        self._allocate = allocate
        self._idle: dict[int, list[Any]] = {}
        self._busy: set[Any] = set()
        self.idle_bytes = 0

    def take(self, size: int) -> DeviceBuffer:
        """Take `size` bytes until the buffer is closed. Raises MemoryError when freeing what is idle does not help."""
        rounded = rounded_size(size)
        kept = self._idle.get(rounded)
        if kept:
            block = kept.pop()
            self.idle_bytes -= rounded
        else:
            block = self._allocate_anew(rounded)
        self._busy.add(block)
        return DeviceBuffer(int(block), size, partial(self._give_back, block, rounded))

    def trim(self) -> None:
        """Free what is idle."""
        for kept in self._idle.values():
            for block in kept:
                block.free()
        self._idle.clear()
        self.idle_bytes = 0

    def close(self) -> None:
        """Free everything, whoever still holds it."""
        self.trim()
        for block in self._busy:
            block.free()
        self._busy.clear()

    def _allocate_anew(self, rounded: int) -> Any:
        try:
            return self._allocate(rounded)
        except MemoryError:
            if not self.idle_bytes:
                raise
        self.trim()
        return self._allocate(rounded)

    def _give_back(self, block: Any, rounded: int) -> None:
        if block in self._busy:  # not after `close`
            self._busy.remove(block)
            self._idle.setdefault(rounded, []).append(block)
            self.idle_bytes += rounded
