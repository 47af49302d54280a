"""Resident pictures: uploaded once, brought home whole, and freed exactly when nobody needs them any more."""

from collections.abc import Callable

import numpy as np
import pytest

from engine.batching.cutting import Box
from engine.batching.units import Unit
from engine.cuda import staging
from engine.cuda.gpu import Gpu
from engine.images import Image
from tests.engine.cuda.standin import StandIn

Photos = Callable[..., Image]


def unit_of(source: Image, scale: int = 1) -> Unit:
    height, width = source.shape[:2]
    return Unit(source, np.zeros((scale * height, scale * width, 3), np.uint8), Box(0, 0, height, width))


def copy_on_device(gpu: Gpu, unit: Unit) -> None:
    """Stand in for a network: the answer is the source, in memory of its own."""
    (resident,) = gpu.pictures.use([unit]).values()
    assert resident.answer is not None
    mark = gpu.cuda.event()
    gpu.cuda.record(mark, gpu.outward)
    gpu.cuda.wait(mark)
    size = resident.source.pitch_bytes * unit.source.shape[0]
    through = gpu.cuda.pinned(size)
    gpu.cuda.download(through.array, resident.source.address, gpu.compute)
    gpu.cuda.upload(resident.answer.address, through.array, gpu.compute)
    gpu.cuda.synchronize(gpu.compute.handle)
    gpu.pictures.done({id(unit.target): resident})


@pytest.mark.parametrize("size", [(1, 1), (1, 50_000), (50_000, 1), (333, 517), (64, 64)])
@pytest.mark.parametrize("chunk", [4096, 1 << 20])
def test_a_picture_comes_home_as_it_went(
    open_gpu: Callable[[], Gpu], photo_of: Photos, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], chunk: int
) -> None:
    monkeypatch.setattr(staging, "CHUNK_BYTES", chunk)  # so that small pictures need many chunks, and rows overflow one
    gpu = open_gpu()
    unit = unit_of(photo_of(*size))
    copy_on_device(gpu, unit)
    gpu.pictures.collect(unit.target)
    gpu.close()
    assert (unit.target == unit.source).all()


def test_rows_begin_at_aligned_addresses_and_the_pitch_never_exceeds_a_chunk() -> None:
    assert staging.pitch_of(np.empty((2, 5, 3), np.uint8)) == 16
    assert staging.pitch_of(np.empty((2, 16, 3), np.uint8)) == 48
    assert staging.pitch_of(np.empty((1, staging.CHUNK_BYTES, 3), np.uint8)) == 3 * staging.CHUNK_BYTES


def test_a_source_is_uploaded_once_however_many_batches_use_it(stand_in: StandIn, gpu: Gpu, photo_of: Photos) -> None:
    unit = unit_of(photo_of(64, 64))
    first = gpu.pictures.use([unit, unit])
    again = gpu.pictures.use([unit])
    assert first == again
    assert len(first) == gpu.pictures.count == 1
    gpu.pictures.done(first)
    gpu.pictures.done(again)
    gpu.pictures.release(unit.target)
    assert gpu.pictures.count == 0


def test_a_release_waits_for_the_batches_that_use_the_picture(gpu: Gpu, photo_of: Photos) -> None:
    unit = unit_of(photo_of(64, 64))
    first, second = gpu.pictures.use([unit]), gpu.pictures.use([unit])
    gpu.pictures.release(unit.target)
    gpu.pictures.done(first)
    assert gpu.pictures.count == 1
    gpu.pictures.done(second)
    assert gpu.pictures.count == 0
    gpu.pictures.release(unit.target)  # of what is not resident: nothing to do
    gpu.pictures.collect(unit.target)


def test_pictures_that_do_not_fit_leave_nothing_behind(stand_in: StandIn, gpu: Gpu, photo_of: Photos) -> None:
    small, large = unit_of(photo_of(64, 64)), unit_of(photo_of(640, 640), scale=2)
    stand_in.plant_out_of_memory(after_allocations=3)  # both of the small one, and the large one's source
    with pytest.raises(MemoryError):
        gpu.pictures.use([small, large])
    gpu.pictures.release(small.target)
    gpu.pictures.release(large.target)
    assert gpu.pictures.count == 0
    stand_in.plant_out_of_memory(after_allocations=-1)
    gpu.cuda.trim_pool()
    assert stand_in.facts.device_bytes == 0


def test_in_the_steady_state_nothing_is_allocated(stand_in: StandIn, gpu: Gpu, photo_of: Photos) -> None:
    for seed in range(12):
        if seed == 2:
            before = stand_in.facts
        units = [unit_of(photo_of(100 + step, 200, seed)) for step in range(3)]
        gpu.pictures.done(gpu.pictures.use(units))
        for unit in units:
            gpu.pictures.release(unit.target)
    after = stand_in.facts
    assert after.device_allocations == before.device_allocations
    assert after.pinned_allocations == before.pinned_allocations
    assert after.device_peak == before.device_peak


def test_the_pool_keeps_a_bounded_amount(
    stand_in: StandIn, gpu: Gpu, photo_of: Photos, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.cuda.pictures.KEPT_BYTES", 300_000)
    for side in range(64, 640, 16):
        unit = unit_of(photo_of(side, side))
        gpu.pictures.done(gpu.pictures.use([unit]))
        gpu.pictures.release(unit.target)
        assert gpu.cuda.idle_pool_bytes <= 300_000
    assert stand_in.facts.device_peak <= 2 * 640 * 640 * 3 * 17 / 16 + 2 * 640 * 15 + 300_000


def test_pinned_memory_does_not_grow_with_the_picture(stand_in: StandIn, gpu: Gpu) -> None:
    unit = unit_of(np.zeros((3000, 4000, 3), np.uint8))  # 36 MB: five chunks
    copy = gpu.pictures.use([unit])
    gpu.pictures.collect(unit.target)
    gpu.pictures.done(copy)
    gpu.pictures.release(unit.target)
    assert stand_in.facts.pinned_peak == 4 * staging.CHUNK_BYTES
