import importlib
from dataclasses import replace

import numpy as np
import pytest

from engine.backends.tensorrt.recipe import recipe_for
from engine.batching.lanes import Lane
from engine.errors import BackendUnavailable, DeviceLost, WeightsError
from engine.unit_shapes import TileShape

LANES = (Lane(8, 16), Lane(4, 32))
STREAM = 7


@pytest.fixture
def network_of(tensorrt, cuda, machine, onnx_of, card_of):
    """Builds and opens a network; returns it, its recipe and the scratch."""
    builder = importlib.import_module("engine.backends.tensorrt.builder")
    network = importlib.import_module("engine.backends.tensorrt.network")

    def make(operators=("Relu",), plan=None, card=None):
        card = card or card_of(tile=TileShape(tile_px=8, halo_px=2, scale=1, align_px=2))
        recipe = recipe_for(card, "fp32", LANES, (1, 2), machine)
        data = plan or builder.build_plan(recipe, onnx_of(operators), b"", lambda *_: None).plan
        return network.TensorRtNetwork(data, recipe, card, cuda, network.Scratch(cuda.allocate))

    return make


def buffers(cuda, network, shape):
    source = cuda.allocate(int(np.prod(shape)) * 4)
    target = cuda.allocate(int(np.prod(network.output_shape(shape))) * 4)
    return source, target


def test_a_prepared_shape_runs_as_one_graph_on_fixed_addresses(network_of, cuda):
    network = network_of()
    shape = (2, 3, 8, 16)
    source, target = buffers(cuda, network, shape)
    run = network.prepare(shape, source.address, target.address, STREAM)
    for seed in range(2):
        values = np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
        source.view(shape, np.float32)[...] = values
        run()
        np.testing.assert_array_equal(target.view(shape, np.float32), np.maximum(values, 0))
    assert cuda.graphs == 1


def test_the_first_run_comes_before_the_capture(network_of, cuda, tensorrt):
    network = network_of()
    source, target = buffers(cuda, network, (1, 3, 4, 32))
    network.prepare((1, 3, 4, 32), source.address, target.address, STREAM)
    assert tensorrt.behaviour.runs == [(1, 3, 4, 32)]  # the warm-up ran; what was captured did not


def test_shapes_share_scratch_memory_when_the_largest_comes_first(network_of, cuda, tensorrt):
    network = network_of()
    for shape in ((2, 3, 8, 16), (1, 3, 8, 16), (2, 3, 4, 32)):
        source, target = buffers(cuda, network, shape)
        network.prepare(shape, source.address, target.address, STREAM)
    assert len({address for address, _ in tensorrt.behaviour.scratch}) == 1


def test_a_larger_need_leaves_earlier_scratch_where_graphs_expect_it(tensorrt, cuda):
    scratch = importlib.import_module("engine.backends.tensorrt.network").Scratch(cuda.allocate)
    small, large = scratch.address(100, STREAM), scratch.address(1000, STREAM)
    assert small != large
    assert scratch.address(50, STREAM) == small
    assert scratch.address(1000, STREAM) == large
    assert scratch.address(50, STREAM + 1) not in (small, large)  # another stream may run at the same time


def test_the_type_of_input_and_output_is_the_plans(network_of):
    network = network_of()
    assert network.dtype == np.float32
    assert network.channels_last is False


def test_an_answer_of_another_shape_than_the_card_promises_is_refused(network_of, cuda, card_of):
    network = network_of(card=card_of(tile=TileShape(tile_px=8, halo_px=2, scale=2, align_px=2)))
    source, target = buffers(cuda, network, (1, 3, 8, 16))
    with pytest.raises(WeightsError, match=r"promises an answer of shape \(1, 3, 16, 32\); received \(1, 3, 8, 16\)"):
        network.prepare((1, 3, 8, 16), source.address, target.address, STREAM)


def test_a_plan_that_tensorrt_cannot_load_says_why(network_of):
    with pytest.raises(BackendUnavailable, match="cannot load its plan: the magic tag does not match"):
        network_of(plan=b"garbage")


def test_a_refused_run_says_why(network_of, cuda, tensorrt):
    network = network_of()
    source, target = buffers(cuda, network, (1, 3, 8, 16))
    tensorrt.behaviour.refused_run = "a kernel image is missing"
    with pytest.raises(
        BackendUnavailable, match=r"refuses a batch of shape \(1, 3, 8, 16\): a kernel image is missing"
    ):
        network.prepare((1, 3, 8, 16), source.address, target.address, STREAM)


def test_a_run_refused_on_a_broken_context_is_a_lost_device(network_of, cuda, tensorrt):
    network = network_of()
    source, target = buffers(cuda, network, (1, 3, 8, 16))
    tensorrt.behaviour.refused_run = "illegal address"
    cuda.lost = DeviceLost("the context is broken")
    with pytest.raises(DeviceLost):
        network.prepare((1, 3, 8, 16), source.address, target.address, STREAM)


def test_a_run_refused_while_it_is_captured_says_why(network_of, cuda, tensorrt, monkeypatch):
    network = network_of()
    source, target = buffers(cuda, network, (1, 3, 8, 16))
    capture = cuda.capture

    def capture_refused(stream, enqueue):
        tensorrt.behaviour.refused_run = "not permitted when stream is capturing"
        return capture(stream, enqueue)

    monkeypatch.setattr(cuda, "capture", capture_refused)
    with pytest.raises(BackendUnavailable, match="not permitted when stream is capturing"):
        network.prepare((1, 3, 8, 16), source.address, target.address, STREAM)


def test_a_network_that_does_not_fit_is_a_memory_error(network_of, cuda):
    network = network_of()
    source, target = buffers(cuda, network, (2, 3, 8, 16))
    cuda.memory_left = 0
    with pytest.raises(MemoryError):
        network.prepare((2, 3, 8, 16), source.address, target.address, STREAM)


def test_a_frame_models_answer_has_the_cards_shape(network_of, frame_card):
    network = network_of(card=replace(frame_card))
    assert network.output_shape((4, 3, 8, 8)) == (4, 3, 5, 5, 5)


def test_a_closed_network_has_destroyed_its_graphs(network_of, cuda, tensorrt):
    network = network_of()
    source, target = buffers(cuda, network, (1, 3, 8, 16))
    run = network.prepare((1, 3, 8, 16), source.address, target.address, STREAM)
    network.close()
    network.close()
    runs = len(tensorrt.behaviour.runs)
    run()
    assert len(tensorrt.behaviour.runs) == runs
    with pytest.raises(AssertionError, match="closed"):
        network.prepare((1, 3, 8, 16), source.address, target.address, STREAM)


def test_tensorrts_own_want_of_memory_is_a_memory_error_too(network_of, cuda, tensorrt):
    network = network_of()
    source, target = buffers(cuda, network, (1, 3, 8, 16))
    tensorrt.behaviour.no_context = "out of memory"
    with pytest.raises(MemoryError, match=r"refuses a context for \(1, 3, 8, 16\): out of memory"):
        network.prepare((1, 3, 8, 16), source.address, target.address, STREAM)
    tensorrt.behaviour.no_context = ""
    tensorrt.behaviour.refused_run, tensorrt.behaviour.refused_for = "no room", "FAILED_ALLOCATION"
    with pytest.raises(MemoryError, match=r"refuses a batch of shape .*: no room"):
        network.prepare((1, 3, 8, 16), source.address, target.address, STREAM)
