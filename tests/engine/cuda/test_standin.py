"""The tests on the stand-in prove something only if it shows the mistakes that a device would punish."""

import ctypes

import numpy as np
import pytest

from engine.cuda.driver import Cuda
from engine.cuda.errors import CudaCallFailed
from engine.kernels.launches import Launch
from tests.engine.cuda.conftest import shim_image
from tests.engine.cuda.networks import SOURCE
from tests.engine.cuda.standin import StandIn

SEEDS = range(1, 13)


def bytes_survive(*, ordered: bool, reused: bool) -> bool:
    """Whether bytes arrive over two streams, `ordered` by an event, from pinned memory that is `reused` too early."""
    cuda = Cuda(0)
    first, second = cuda.stream(), cuda.stream()
    host, back, buffer, mark = cuda.pinned(64), cuda.pinned(64), cuda.allocate(64), cuda.event()
    host.array[:] = 7
    cuda.upload(buffer.address, host.array, first)
    cuda.record(mark, first)
    if reused:
        host.array[:] = 9
    if ordered:
        cuda.order(second, mark)
    cuda.download(back.array, buffer.address, second)
    cuda.synchronize(second.handle)
    intact = bool((back.array == 7).all())
    cuda.close()
    return intact


@pytest.mark.parametrize("seed", SEEDS)
def test_events_keep_every_order_right(stand_in: StandIn, seed: int) -> None:
    stand_in.reset(seed)
    assert bytes_survive(ordered=True, reused=False)


@pytest.mark.parametrize(("ordered", "reused"), [(False, False), (True, True)])
def test_a_forgotten_event_shows_in_some_orders(stand_in: StandIn, ordered: bool, reused: bool) -> None:
    intact = 0
    for seed in SEEDS:
        stand_in.reset(seed)
        intact += bytes_survive(ordered=ordered, reused=reused)
    assert intact <= len(SEEDS) * 2 / 3


def test_memory_that_was_never_written_is_not_a_number(stand_in: StandIn) -> None:
    cuda = Cuda(0)
    back, buffer = cuda.pinned(64), cuda.allocate(64)
    cuda.download(back.array, buffer.address, cuda.stream())
    assert np.isnan(back.array.view(np.float16)).all()
    assert np.isnan(back.array.view(np.float32)).all()
    cuda.close()


def test_writes_beyond_a_block_and_after_its_end_are_counted(stand_in: StandIn) -> None:
    cuda = Cuda(0)
    beyond, freed = cuda.allocate(64), cuda.allocate(64)
    ctypes.memset(beyond.address + 64, 1, 1)
    freed.close()
    ctypes.memset(freed.address, 1, 1)
    facts = stand_in.facts
    assert (facts.overruns, facts.writes_after_free) == (1, 1)
    cuda.close()


def test_copies_beyond_a_block_are_refused(stand_in: StandIn) -> None:
    cuda = Cuda(0)
    host, buffer = cuda.pinned(65), cuda.allocate(64)
    with pytest.raises(CudaCallFailed, match="invalid argument"):
        cuda.upload(buffer.address, host.array, cuda.stream())
    cuda.close()


@pytest.mark.parametrize(
    "launch",
    [
        Launch("", "repeat_f32", (1, 1, 1), (64, 32, 1), (np.uint64(0), np.uint64(0), *[np.int32(0)] * 3)),
        Launch("", "repeat_f32", (1, 65536, 1), (256, 1, 1), (np.uint64(0), np.uint64(0), *[np.int32(0)] * 3)),
        Launch("", "repeat_f32", (1, 1, 1), (256, 1, 1), (np.uint64(0), np.uint64(0), *[np.int32(0)] * 2)),
        Launch("", "repeat_f32", (1, 1, 1), (256, 1, 1), (np.uint64(0), np.uint64(0), *[np.int64(0)] * 3)),
        Launch("", "no_such_kernel", (1, 1, 1), (256, 1, 1), ()),
    ],
    ids=["block", "grid", "too few arguments", "arguments of another type", "name"],
)
def test_a_launch_that_a_device_would_refuse_is_refused(stand_in: StandIn, launch: Launch) -> None:
    cuda = Cuda(0)
    module = cuda.load_module(shim_image(SOURCE))
    with pytest.raises(CudaCallFailed):
        cuda.launch(module, launch, cuda.stream())
    cuda.close()
