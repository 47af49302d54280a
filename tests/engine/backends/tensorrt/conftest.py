"""The stand-in `tensorrt` and a host-memory driver for the tests of this folder; nothing here needs a GPU."""
# ruff: noqa: ARG002  (the signatures are the driver's)

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from engine.backends.tensorrt.recipe import Machine

OURS = tuple(f"engine.backends.tensorrt.{name}" for name in ("messages", "progress", "builder", "planner", "network"))
"""The modules that import TensorRT."""


def install_standin(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Let `import tensorrt` mean a fresh stand-in, also in our modules that hold another."""
    for name in list(sys.modules):
        if name.partition(".")[0] == "tensorrt" or name in OURS:
            monkeypatch.delitem(sys.modules, name)
    spec = importlib.util.spec_from_file_location("tensorrt", Path(__file__).parent / "standin" / "__init__.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["tensorrt"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tensorrt(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The stand-in; its `behaviour` plants failures and tells what was done."""
    yield install_standin(monkeypatch)
    forget_tensorrt()


def forget_tensorrt() -> None:
    """Leave no module behind that is, or holds, a stand-in."""
    for name in list(sys.modules):
        if name.partition(".")[0] == "tensorrt" or name in OURS:
            del sys.modules[name]


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
        assert self.captured is None, "a device that is being captured from cannot be asked"
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

    def close(self) -> None:
        self.runs = []


@pytest.fixture
def cuda(tensorrt: ModuleType) -> HostCuda:
    return HostCuda(tensorrt)


def require(module: str) -> Any:
    """Import what only .venv-backends holds; skip without it, but not in `make test-backends`."""
    if os.environ.get("PACKSHOT_REQUIRE_BACKENDS") == "1":
        return importlib.import_module(module)
    return pytest.importorskip(module, reason=f"{module} is absent: make test-backends has it")
