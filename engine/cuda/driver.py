"""The CUDA driver behind one small interface, over PyCUDA: contexts, streams, events, memory, modules, launches.

It knows neither pictures nor networks. Everything here belongs to the device thread: the thread that opens a `Cuda`
alone may call it, and what it made. Streams and addresses are plain integers outside of this package, so that torch
and TensorRT, which share the device's primary context, can use them.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.cuda.errors import CudaCallFailed
from engine.cuda.graphs import Bindings, Graph
from engine.cuda.handles import Closeable, DeviceBuffer, Event, Module, PinnedBuffer, Stream
from engine.cuda.pool import DevicePool
from engine.errors import BackendUnavailable, DeviceLost, EngineError
from engine.kernels.launches import Launch

_NON_BLOCKING = 1  # CU_STREAM_NON_BLOCKING: our streams do not wait for whoever uses the default one
_Made = TypeVar("_Made", bound=Closeable)


class MemoryInfo(NamedTuple):
    """Bytes of the whole device, all its users together."""

    free: int
    total: int


class Cuda:
    """One device's primary context, current on this thread until `close`. Every method: device thread only.

    All of them raise MemoryError when device memory is used up, DeviceLost once the context is broken, and
    CudaCallFailed for other refusals. What it makes is freed by its own `close`, or by this one's.
    """

    def __init__(self, index: int = 0) -> None:
        """Raises BackendUnavailable where PyCUDA, cuda-bindings, the driver or the device is missing."""
        self._api = _import_pycuda()
        self._bindings = Bindings(self._failure)
        self._owned: list[Closeable] = []
        self._lost: DeviceLost | None = None
        self._thread = threading.get_ident()
        try:
            self._api.init()
            device = self._api.Device(index)
            self.name = str(device.name())
            major, minor = device.compute_capability()
            self._context = device.retain_primary_context()
            self._context.push()  # the last step: a thread that ends with a context pushed ends the process
        except self._api.Error as error:
            raise BackendUnavailable(f"CUDA device {index} cannot be opened: {error}") from error
        self.index = index
        self.architecture = f"sm_{major}{minor}"
        self._pool = DevicePool(self._allocate)

    def stream(self) -> Stream:
        """Make a stream that does not wait for the default stream."""
        with self._calling():
            return self._own(Stream(self._api.Stream(_NON_BLOCKING)))

    def event(self) -> Event:
        """Make an event; waiting for it lets other threads have the processor."""
        flags = self._api.event_flags
        with self._calling():
            return self._own(Event(self._api.Event(flags.BLOCKING_SYNC | flags.DISABLE_TIMING)))

    def allocate(self, size: int) -> DeviceBuffer:
        """Allocate device memory that lives long; the call may wait for the device."""
        allocation = self._allocate(size)
        return self._own(DeviceBuffer(int(allocation), size, allocation.free))

    def take(self, size: int) -> DeviceBuffer:
        """Take device memory from a pool that keeps what is closed, and rounds sizes up by at most 1/16."""
        return self._pool.take(size)

    @property
    def idle_pool_bytes(self) -> int:
        """What the pool keeps for the next `take`."""
        return self._pool.idle_bytes

    def trim_pool(self) -> None:
        """Free what the pool keeps; the call may wait for the device."""
        with self._calling():
            self._pool.trim()

    def pinned(self, size: int) -> PinnedBuffer:
        """Allocate pinned host memory; slow, so do it once."""
        with self._calling(f"{size} bytes of pinned memory"):
            return self._own(PinnedBuffer(self._api.pagelocked_empty(size, np.uint8)))

    def load_module(self, image: bytes) -> Module:
        """Load a cubin."""
        with self._calling("a module"):
            return self._own(Module(self._api.module_from_buffer(image)))

    def launch(self, module: Module, launch: Launch, stream: Stream) -> None:
        """Enqueue a kernel of the module as `launch` describes it; nothing where its grid is empty."""
        if not launch.is_empty:
            with self._calling(launch.function):
                function = module.function(launch.function)
                function(*launch.arguments, grid=launch.grid, block=launch.block, stream=stream.raw)

    def upload(self, address: int, host: NDArray[Any], stream: Stream) -> None:
        """Enqueue a copy to the device; `host` is contiguous pinned memory, not to be changed until it is done."""
        with self._calling():
            self._api.memcpy_htod_async(address, host, stream.raw)

    def download(self, host: NDArray[Any], address: int, stream: Stream) -> None:
        """Enqueue a copy to the host; `host` is contiguous pinned memory."""
        with self._calling():
            self._api.memcpy_dtoh_async(host, address, stream.raw)

    def clear(self, buffer: DeviceBuffer, stream: Stream) -> None:
        """Enqueue filling a buffer with zeros."""
        with self._calling():
            self._api.memset_d8_async(buffer.address, 0, buffer.size, stream.raw)

    def record(self, event: Event, stream: Stream) -> None:
        """Put the mark behind what the stream holds now."""
        with self._calling():
            event.raw.record(stream.raw)

    def order(self, stream: Stream, event: Event) -> None:
        """Let what the stream is given from now on begin after the mark."""
        with self._calling():
            stream.raw.wait_for_event(event.raw)

    def wait(self, event: Event) -> None:
        """Block until the mark is passed."""
        with self._calling():
            event.raw.synchronize()

    def synchronize(self, stream: int) -> None:
        """Block until the stream (a CUstream) is done."""
        self._bindings.synchronize(stream)

    def capture(self, stream: int, enqueue: Callable[[], None]) -> Graph:
        """Record what `enqueue` puts on the stream (a CUstream), without running it."""
        return self._own(self._bindings.capture(stream, enqueue))

    def memory(self) -> MemoryInfo:
        """What is free, and what there is."""
        with self._calling():
            return MemoryInfo(*(int(size) for size in self._api.mem_get_info()))

    def require_alive(self, error: BaseException | None = None) -> None:
        """Wait for the device; raises DeviceLost where its context is broken, whoever noticed (`error`: torch's)."""
        broken = self._bindings.why_broken()
        if broken:
            self._lost = DeviceLost(f"{self.name}: {broken}")
            raise self._lost from error

    def close(self) -> None:
        """Free what is left and let the context go. Nothing made by this object may be used afterwards."""
        if self._context is None:
            return
        for owned in reversed(self._owned):
            owned.close()
        self._owned.clear()
        self._pool.close()
        self._context.pop()
        self._context.detach()
        self._context = None

    def _allocate(self, size: int) -> Any:
        with self._calling(f"{size} bytes"):
            return self._api.mem_alloc(size)

    def _own(self, made: _Made) -> _Made:
        self._owned.append(made)
        return made

    @contextmanager
    def _calling(self, what: str = "") -> Iterator[None]:
        assert threading.get_ident() == self._thread, "a context belongs to the thread that opened it"
        if self._lost is not None:
            raise DeviceLost(*self._lost.args) from self._lost
        try:
            yield
        except self._api.MemoryError as error:
            raise MemoryError(f"{self.name}: {what or 'a call'}: {error}") from error
        except self._api.Error as error:
            raise self._failure(str(error)) from error

    def _failure(self, message: str) -> EngineError:
        """Tell an error that the context does not survive from one that it does: only then it still answers."""
        try:
            self.require_alive()
        except DeviceLost as lost:
            return lost
        return CudaCallFailed(f"{self.name}: {message}")


def _import_pycuda() -> Any:
    try:
        import pycuda.driver
    except ImportError as error:  # no PyCUDA, or no libcuda.so.1 that it could be bound to
        raise BackendUnavailable(f"PyCUDA cannot be imported: {error}") from error
    return pycuda.driver
