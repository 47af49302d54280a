"""Tiles against what a whole photo gives: mixed photos side by side in strips, whatever order streams run in."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine.batching.cutting import Box
from engine.batching.lanes import Lane, Slots
from engine.batching.units import Layout, Placed, Unit
from engine.cuda.executor import make_executor
from engine.cuda.gpu import Gpu
from engine.cuda.tile_executor import TileExecutor
from engine.errors import DeviceLost, WeightsError
from engine.unit_shapes import TileShape
from tests.engine.cuda.networks import SpreadNetwork, spread
from tests.engine.cuda.standin import StandIn
from tests.engine.cuda.works import SIZES, Load, Photos, finish, layouts_of, run_all, works_of

LANES = (Lane(48, 96), Lane(24, 192))
TILE = TileShape(tile_px=48, halo_px=2, scale=2, align_px=2)


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize(("scale", "channels"), [(1, (3, 3)), (2, (3, 3)), (1, (4, 1)), (2, (4, 3)), (4, (3, 1))])
def test_strips_of_many_photos_are_what_each_photo_alone_gives(
    gpu: Gpu,
    network_module: Load,
    photo_of: Photos,
    card_of: Any,
    dtype: Any,
    channels_last: bool,
    scale: int,
    channels: tuple[int, int],
) -> None:
    tile = TileShape(48, 2, scale, 2, *channels)
    module = network_module(gpu)
    network = SpreadNetwork(gpu, module, np.dtype(dtype), channels_last, scale=scale, channels_out=channels[1])
    executor = TileExecutor(gpu, network, tile, (1, 2, 4), LANES)
    works = works_of(photo_of, SIZES, scale, channels=channels)
    layouts = layouts_of(works, Slots((1, 2, 4), LANES), card_of(tile=tile))
    assert any(len({id(placed.unit.target) for placed in layout.placed}) > 2 for layout in layouts)
    run_all(gpu, executor, layouts)
    finish(gpu, works)
    for work in works:
        np.testing.assert_array_equal(work.target, spread(work.source, scale, channels[1]))


@pytest.mark.parametrize("seed", range(1, 13))
def test_no_order_of_streams_changes_a_pixel(
    stand_in: StandIn, open_gpu: Callable[[], Gpu], network_module: Load, photo_of: Photos, card_of: Any, seed: int
) -> None:
    stand_in.reset(seed)
    gpu = open_gpu()
    executor = TileExecutor(gpu, SpreadNetwork(gpu, network_module(gpu), scale=2), TILE, (1, 2), LANES)
    slots = Slots((1, 2), LANES)
    for round_ in range(3):  # works come and go, and their memory is used again
        works = works_of(photo_of, SIZES[round_:], 2)
        run_all(gpu, executor, layouts_of(works, slots, card_of(tile=TILE)))
        finish(gpu, works)
        for work in works:
            np.testing.assert_array_equal(work.target, spread(work.source, 2))
    gpu.close()


def test_a_batch_is_three_launches_one_of_them_a_graph(
    stand_in: StandIn, gpu: Gpu, network_module: Load, photo_of: Photos, card_of: Any
) -> None:
    network = SpreadNetwork(gpu, network_module(gpu), scale=2)
    executor = TileExecutor(gpu, network, TILE, (1, 2), LANES)
    assert network.captured == sorted(network.captured, key=np.prod, reverse=True)
    assert len(network.captured) == 4
    works = works_of(photo_of, SIZES, 2)
    layouts = layouts_of(works, Slots((1, 2), LANES), card_of(tile=TILE))
    before = stand_in.facts
    run_all(gpu, executor, layouts)
    after = stand_in.facts
    assert after.graph_launches - before.graph_launches == len(layouts)
    assert after.launches - before.launches == 2 * len(layouts)
    assert after.device_allocations - before.device_allocations == 2 * len(works)  # their pictures, and nothing else
    finish(gpu, works)


def test_an_answer_that_is_not_finite_names_its_place_and_spares_the_others(
    gpu: Gpu, network_module: Load, photo_of: Photos
) -> None:
    network = SpreadNetwork(gpu, network_module(gpu), np.dtype(np.float16), scale=2, poisons=True)
    executor = TileExecutor(gpu, network, TILE, (1,), LANES)
    good, bad = works_of(photo_of, [(20, 30), (20, 30)], 2)
    bad.source[10, 10] = 255
    units = (Placed(good, 0, 0), Placed(bad, 0, 40))
    with pytest.raises(ValueError, match=r"not finite, for y 0, x 0 of a photo of 20 × 30 px$"):
        executor.start(Layout(LANES[0], 1, units)).wait()
    finish(gpu, [good, bad])
    np.testing.assert_array_equal(good.target, spread(good.source, 2))


def test_a_photo_released_in_flight_is_kept_until_its_batch_is_over(
    stand_in: StandIn, open_gpu: Callable[[], Gpu], network_module: Load, photo_of: Photos
) -> None:
    stand_in.reset(seed=3)  # nothing runs before it is waited for
    gpu = open_gpu()
    executor = TileExecutor(gpu, SpreadNetwork(gpu, network_module(gpu), scale=2), TILE, (1,), LANES)
    cancelled, other = works_of(photo_of, [(40, 40), (40, 40)], 2)
    running = executor.start(Layout(LANES[0], 1, (Placed(cancelled, 0, 0),)))
    gpu.pictures.release(cancelled.target)
    assert gpu.pictures.count == 1
    later = executor.start(Layout(LANES[0], 1, (Placed(other, 0, 0),)))
    running.wait()
    later.wait()
    finish(gpu, [other])
    np.testing.assert_array_equal(other.target, spread(other.source, 2))
    assert not cancelled.target.any()  # nothing was written to a target that was not collected
    gpu.close()


def test_a_third_batch_in_flight_is_a_mistake(gpu: Gpu, network_module: Load, photo_of: Photos) -> None:
    executor = TileExecutor(gpu, SpreadNetwork(gpu, network_module(gpu), scale=2), TILE, (1,), LANES)
    (work,) = works_of(photo_of, [(40, 40)], 2)
    layout = Layout(LANES[0], 1, (Placed(work, 0, 0),))
    running = [executor.start(layout), executor.start(layout)]
    with pytest.raises(AssertionError, match="at most 2"):
        executor.start(layout)
    for each in running:
        each.wait()
    finish(gpu, [work])


def test_a_batch_that_does_not_fit_fails_alone_and_smaller_ones_go_on(
    stand_in: StandIn, gpu: Gpu, network_module: Load, photo_of: Photos
) -> None:
    executor = TileExecutor(gpu, SpreadNetwork(gpu, network_module(gpu), scale=2), TILE, (1,), LANES)
    small, large = works_of(photo_of, [(40, 40), (600, 600)], 2)
    stand_in.plant_out_of_memory(after_allocations=2)
    both = (Placed(small, 0, 0), Placed(Unit(large.source, large.target, Box(0, 0, 44, 44)), 0, 48))
    with pytest.raises(MemoryError):
        executor.start(Layout(LANES[0], 1, both))
    executor.start(Layout(LANES[0], 1, both[:1])).wait()
    gpu.pictures.release(large.target)
    finish(gpu, [small])
    np.testing.assert_array_equal(small.target, spread(small.source, 2))


def test_a_network_that_raises_leaves_the_executor_usable(gpu: Gpu, network_module: Load, photo_of: Photos) -> None:
    def refuse() -> None:
        raise RuntimeError("the network cannot be enqueued")

    network = SpreadNetwork(gpu, network_module(gpu), scale=2, before_run=refuse)
    executor = TileExecutor(gpu, network, TILE, (1,), LANES)
    (work,) = works_of(photo_of, [(40, 40)], 2)
    layout = Layout(LANES[0], 1, (Placed(work, 0, 0),))
    for _ in range(3):  # its tables and pictures are given back each time
        with pytest.raises(RuntimeError, match="cannot be enqueued"):
            executor.start(layout)
    network.before_run = lambda: None
    run_all(gpu, executor, [layout] * 3)
    finish(gpu, [work])
    np.testing.assert_array_equal(work.target, spread(work.source, 2))


@pytest.mark.parametrize("seed", [0, 3, 4])
@pytest.mark.parametrize("after_kernels", [0, 1, 2])
def test_a_sticky_error_in_any_kernel_loses_the_device(
    stand_in: StandIn,
    open_gpu: Callable[[], Gpu],
    network_module: Load,
    photo_of: Photos,
    seed: int,
    after_kernels: int,
) -> None:
    stand_in.reset(seed)
    gpu = open_gpu()
    executor = TileExecutor(gpu, SpreadNetwork(gpu, network_module(gpu), scale=2), TILE, (1,), LANES)
    (work,) = works_of(photo_of, [(40, 40)], 2)
    layout = Layout(LANES[0], 1, (Placed(work, 0, 0),))
    stand_in.plant_error(StandIn.ILLEGAL_ADDRESS, after_kernels)
    with pytest.raises(DeviceLost, match="ILLEGAL_ADDRESS"):
        executor.start(layout).wait()
    with pytest.raises(DeviceLost):
        executor.start(layout)
    gpu.close()


def test_a_network_that_answers_in_another_shape_is_refused(gpu: Gpu, network_module: Load) -> None:
    with pytest.raises(WeightsError, match=r"promises an answer of shape \(1, 3, 96, 192\)"):
        TileExecutor(gpu, SpreadNetwork(gpu, network_module(gpu), scale=3), TILE, (1,), LANES)


def test_batch_sizes_that_do_not_fit_the_device_are_left_out(
    stand_in: StandIn, open_gpu: Callable[[], Gpu], network_module: Load, card_of: Any
) -> None:
    slot_bytes = (576 * 1152) * 3 * 4 * (1 + 4)
    stand_in.reset(memory_bytes=5 * slot_bytes)
    gpu = open_gpu()
    executor = make_executor(gpu, SpreadNetwork(gpu, network_module(gpu), scale=2), card_of(tile=TILE))
    assert executor.batch_sizes == (1, 2, 4)
    gpu.close()
    stand_in.reset(memory_bytes=slot_bytes // 2)
    gpu = open_gpu()
    with pytest.raises(MemoryError):
        make_executor(gpu, SpreadNetwork(gpu, network_module(gpu), scale=2), card_of(tile=TILE))
    gpu.close()
