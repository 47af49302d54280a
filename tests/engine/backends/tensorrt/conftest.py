"""The stand-in `tensorrt` and a host-memory driver for the tests of this folder; nothing here needs a GPU."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from engine.backends.tensorrt.recipe import Machine

OURS = "engine.backends.tensorrt"


@pytest.fixture
def tensorrt(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The stand-in, fresh, as what `import tensorrt` means; our modules that hold another are imported anew."""
    spec = importlib.util.spec_from_file_location("tensorrt", Path(__file__).with_name("standin_tensorrt.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "tensorrt", module)
    spec.loader.exec_module(module)
    for name in ("messages", "progress", "builder", "network", "backend"):
        monkeypatch.delitem(sys.modules, f"{OURS}.{name}", raising=False)
    yield module
    for name in ("messages", "progress", "builder", "network", "backend"):
        sys.modules.pop(f"{OURS}.{name}", None)


@pytest.fixture
def machine() -> Machine:
    return Machine(gpu="NVIDIA Stand-in", compute_capability="9.0", driver=13, tensorrt="10.16.1.11")


class HostBuffer:
    """Host memory that passes for device memory, aligned to 256 bytes."""

    def __init__(self, size: int) -> None:
        self._memory = np.zeros(size + 256, np.uint8)
        self.size = size
        self.address = -(-self._memory.ctypes.data // 256) * 256

    def view(self, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        start = self.address - self._memory.ctypes.data
        return self._memory[start : start + self.size].view(dtype)[: int(np.prod(shape))].reshape(shape)


class HostCuda:
    """The driver as `network` sees it, with streams that are done at once and graphs that are lists of calls."""

    name = "NVIDIA Stand-in"

    def __init__(self, tensorrt: ModuleType, memory: int = 1 << 40) -> None:
        self.behaviour = tensorrt.behaviour
        self.behaviour.enqueue_on = self._enqueue
        self.memory_left = memory
        self.captured: list[Callable[[], None]] | None = None
        self.graphs = 0
        self.lost: Exception | None = None

    def allocate(self, size: int) -> HostBuffer:
        if size > self.memory_left:
            raise MemoryError(f"{size} bytes")
        self.memory_left -= size
        return HostBuffer(size)

    def synchronize(self, stream: int) -> None:
        assert self.captured is None, "a capture must not wait"

    def require_alive(self, error: BaseException | None = None) -> None:
        if self.lost is not None:
            raise self.lost from error

    def capture(self, stream: int, enqueue: Callable[[], None]) -> HostGraph:
        self.captured = []
        try:
            enqueue()
            self.graphs += 1
            return HostGraph(self.captured)
        finally:
            self.captured = None

    def _enqueue(self, stream: int, run: Callable[[], None]) -> None:
        if self.captured is None:
            run()
        else:
            self.captured.append(run)


class HostGraph:
    def __init__(self, runs: list[Callable[[], None]]) -> None:
        self.runs = runs

    def launch(self, stream: int) -> None:
        for run in self.runs:
            run()


@pytest.fixture
def cuda(tensorrt: ModuleType) -> HostCuda:
    return HostCuda(tensorrt)
