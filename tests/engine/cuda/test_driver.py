"""The driver behind its interface, on the stand-in and on a GPU alike."""

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from engine.cuda.driver import Cuda
from engine.cuda.errors import CudaCallFailed
from engine.cuda.gpu import Gpu
from engine.errors import BackendUnavailable, DeviceLost
from tests.engine.cuda.standin import StandIn


def test_bytes_go_to_the_device_and_come_back(gpu: Gpu) -> None:
    cuda = gpu.cuda
    there, back = cuda.pinned(1000), cuda.pinned(1000)
    there.array[:] = np.arange(1000) % 251
    buffer = cuda.allocate(1000)
    cuda.upload(buffer.address, there.array, gpu.outward)
    mark = cuda.event()
    cuda.record(mark, gpu.outward)
    cuda.order(gpu.homeward, mark)
    cuda.download(back.array, buffer.address, gpu.homeward)
    cuda.synchronize(gpu.homeward.handle)
    assert (back.array == there.array).all()


def test_a_captured_graph_runs_when_it_is_launched_and_not_before(gpu: Gpu) -> None:
    cuda = gpu.cuda
    buffer, host = cuda.allocate(64), cuda.pinned(64)
    host.array[:] = 7
    cuda.upload(buffer.address, host.array, gpu.compute)
    graph = cuda.capture(gpu.compute.handle, lambda: cuda.clear(buffer, gpu.compute))
    cuda.download(host.array, buffer.address, gpu.compute)
    cuda.synchronize(gpu.compute.handle)
    assert (host.array == 7).all()
    graph.launch(gpu.compute.handle)
    cuda.download(host.array, buffer.address, gpu.compute)
    cuda.synchronize(gpu.compute.handle)
    assert (host.array == 0).all()


def test_a_capture_that_fails_leaves_the_stream_usable(gpu: Gpu) -> None:
    def refuse() -> None:
        raise KeyError("enqueue")

    with pytest.raises(KeyError):
        gpu.cuda.capture(gpu.compute.handle, refuse)
    gpu.cuda.synchronize(gpu.compute.handle)


def test_a_refusal_while_capturing_is_no_lost_device(gpu: Gpu) -> None:
    with pytest.raises((CudaCallFailed, MemoryError)):
        gpu.cuda.capture(gpu.compute.handle, lambda: gpu.cuda.synchronize(gpu.compute.handle))
    gpu.cuda.synchronize(gpu.compute.handle)


def test_memory_that_is_used_up_is_a_memory_error(gpu: Gpu) -> None:
    with pytest.raises(MemoryError, match="bytes"):
        gpu.cuda.allocate(1 << 50)
    with pytest.raises(MemoryError):
        gpu.cuda.take(1 << 50)
    gpu.cuda.allocate(1 << 20)


def test_the_pool_keeps_what_is_given_back_until_it_is_trimmed(gpu: Gpu) -> None:
    first = gpu.cuda.take(100_000)
    address = first.address
    first.close()
    assert 100_000 <= gpu.cuda.idle_pool_bytes <= 107_000
    assert gpu.cuda.take(100_000).address == address
    first = gpu.cuda.take(200_000)
    first.close()
    gpu.cuda.trim_pool()
    assert gpu.cuda.idle_pool_bytes == 0


def test_another_refusal_leaves_the_device_usable(gpu: Gpu) -> None:
    buffer, host = gpu.cuda.allocate(16), gpu.cuda.pinned(64)
    with pytest.raises(CudaCallFailed, match="nvalid"):
        gpu.cuda.load_module(b"no cubin at all\0")
    gpu.cuda.upload(buffer.address, host.array[:16], gpu.outward)
    gpu.cuda.synchronize(gpu.outward.handle)


def test_a_device_that_is_not_there_is_named(place: str) -> None:
    with pytest.raises(BackendUnavailable, match="CUDA device 99"):
        Cuda(99)


def test_the_context_belongs_to_the_thread_that_opened_it(gpu: Gpu) -> None:
    with ThreadPoolExecutor(1) as elsewhere, pytest.raises(AssertionError, match="thread that opened it"):
        elsewhere.submit(gpu.cuda.memory).result()
    gpu.cuda.memory()


def test_memory_is_what_the_device_says(gpu: Gpu) -> None:
    before = gpu.cuda.memory()
    gpu.cuda.allocate(64 << 20)
    after = gpu.cuda.memory()
    assert 0 < after.free <= before.free - (64 << 20) < before.total == after.total


@pytest.mark.parametrize("code", [StandIn.ILLEGAL_ADDRESS, StandIn.LAUNCH_FAILED])
def test_a_sticky_error_loses_the_device_at_every_call(stand_in: StandIn, code: int) -> None:
    cuda = Cuda(0)
    stream, buffer = cuda.stream(), cuda.allocate(16)
    stand_in.plant_error(code, after_kernels=-1)
    with pytest.raises(DeviceLost, match=r"CPU stand-in: CUDA_ERROR_"):
        cuda.clear(buffer, stream)
    for call in (cuda.memory, cuda.stream, lambda: cuda.synchronize(stream.handle), lambda: cuda.allocate(16)):
        with pytest.raises(DeviceLost):
            call()
    cuda.close()


def test_without_cuda_bindings_nothing_is_opened(stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cuda.bindings", None)
    with ThreadPoolExecutor(1) as thread, pytest.raises(BackendUnavailable, match="cuda-bindings cannot be imported"):
        thread.submit(Cuda, 0).result()
    assert stand_in.facts.contexts == 0


def test_without_pycuda_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pycuda", None)
    with pytest.raises(BackendUnavailable, match="PyCUDA cannot be imported"):
        Cuda(0)


def test_no_device_is_told_from_no_driver(stand_in: StandIn) -> None:
    stand_in.reset(devices=0)
    with pytest.raises(BackendUnavailable, match="CUDA device 0 cannot be opened"):
        Cuda(0)
