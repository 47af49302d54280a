"""What the driver hands out: streams, events, memory and modules. Each is closed once, on the device thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Closeable(Protocol):
    """Something that holds a part of the device."""

    def close(self) -> None:
        """Give it back; a second call does nothing."""
        ...


class Stream:
    """A queue of device work, in order. `handle` is its CUstream, for torch and TensorRT."""

    def __init__(self, stream: Any) -> None:
        self.raw = stream
        self.handle = int(stream.handle)

    def close(self) -> None:
        """Destroy it, once its work is done."""
        self.raw = None


class Event:
    """A mark in a stream."""

    def __init__(self, event: Any) -> None:
        self.raw = event

    def close(self) -> None:
        """Destroy it."""
        self.raw = None


class DeviceBuffer:
    """Device memory at `address`, aligned to 256 bytes."""

    def __init__(self, address: int, size: int, free: Callable[[], None]) -> None:
        self.address = address
        self.size = size
        self._free: Callable[[], None] | None = free

    def close(self) -> None:
        """Free it, or give it back to its pool. No work in flight may use it."""
        if self._free is not None:
            self._free()
            self._free = None


class PinnedBuffer:
    """Host memory that the device copies from and to without the CPU: `array`, uint8 [size]."""

    def __init__(self, array: NDArray[np.uint8]) -> None:
        self.array = array

    def close(self) -> None:
        """Free it. No copy in flight may use it, and no view of the array may be read any more."""
        base: Any = self.array.base
        if base is not None:
            self.array = np.empty(0, np.uint8)
            base.free()


class Module:
    """Kernels of one `.cu` file on the device."""

    def __init__(self, module: Any) -> None:
        self._module = module
        self._functions: dict[str, Any] = {}

    def function(self, name: str) -> Any:
        """PyCUDA's function of a kernel; it must not outlive the module. Raises PyCUDA's error for an unknown name."""
        if name not in self._functions:
            self._functions[name] = self._module.get_function(name)
        return self._functions[name]

    def close(self) -> None:
        """Unload it."""
        self._functions.clear()
        self._module = None
