"""The network over raw addresses, on the CPU, where they are NumPy's; and which errors of torch mean what."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.backends.torch.addresses import tensor_at
from engine.backends.torch.convert import convert
from engine.backends.torch.failures import device_failures
from engine.backends.torch.network import Place, TorchNetwork
from engine.cards import read_model
from engine.errors import DeviceLost, WeightsError
from tests.engine.backends.torch.onnx_graphs import both_answers
from tests.engine.backends.torch.test_weights import CARDS, FLOAT32, frame_of, largest_of

CPU = torch.device("cpu")


def ask_driver(error: BaseException) -> None:
    """What the driver says of a context: illegal addresses break it."""
    if "illegal" in str(error):
        raise DeviceLost("the driver says so") from error


def run_at_addresses(network: TorchNetwork, batch: np.ndarray) -> np.ndarray:
    """Run once over buffers laid out as the network wants them; NCHW in and out."""
    laid = batch.astype(network.dtype)
    laid = np.ascontiguousarray(laid.transpose(0, 2, 3, 1) if network.channels_last else laid)
    shape = network.output_shape(batch.shape)
    answer = np.full((shape[0], *shape[2:], shape[1]) if network.channels_last else shape, np.nan, network.dtype)
    network.prepare(batch.shape, laid.ctypes.data, answer.ctypes.data, 0)()
    return answer.transpose(0, 3, 1, 2) if network.channels_last else answer


ON_CPU = Place(CPU, ask_driver)


@pytest.mark.parametrize(
    ("model", "dtype", "tolerance"),
    [
        *((model, torch.float32, tolerance) for model, tolerance in FLOAT32.items()),
        *((model, torch.float16, 0.5 / 255) for model, card in CARDS.items() if card.takes_half),
    ],
)
def test_a_network_reads_and_writes_at_the_addresses_it_is_given(model, dtype, tolerance):
    data, batch = read_model(CARDS[model]), frame_of(model)
    network = TorchNetwork(convert(data, dtype), CARDS[model], ON_CPU)
    expected, _ = both_answers(data, batch)
    assert np.abs(run_at_addresses(network, batch) - expected).max() <= tolerance * largest_of(expected)


def test_only_half_precision_tiles_are_channels_last():
    layouts = {
        (model, dtype): TorchNetwork(convert(read_model(CARDS[model]), dtype), CARDS[model], ON_CPU).channels_last
        for model in ("restore", "relight")
        for dtype in (torch.float16, torch.float32)
    }
    assert [key for key, last in layouts.items() if last] == [("restore", torch.float16)]


def test_a_prepared_run_reads_its_input_anew_each_time():
    network = TorchNetwork(convert(read_model(CARDS["restore"])), CARDS["restore"], ON_CPU)
    batch, answer = np.zeros((1, 4, 8, 8), np.float32), np.zeros((1, 3, 8, 8), np.float32)
    run = network.prepare(batch.shape, batch.ctypes.data, answer.ctypes.data, 0)
    run()
    dark = answer.copy()
    batch[...] = 1
    run()
    assert (answer - dark).mean() > 0.9


def test_a_network_that_breaks_its_cards_promise_is_refused():
    network = TorchNetwork(convert(read_model(CARDS["upscale-x4"])), CARDS["upscale-x2"], ON_CPU)
    with pytest.raises(WeightsError, match=r"promises an answer of shape \(1, 3, 16, 16\)"):
        run_at_addresses(network, np.zeros((1, 3, 8, 8), np.float32))


@pytest.mark.parametrize("channels_last", [False, True])
def test_a_tensor_lies_over_foreign_memory_without_a_copy(channels_last):
    memory = np.arange(2 * 3 * 4 * 5, dtype=np.float32)
    tensor = tensor_at(memory.ctypes.data, (2, 3, 4, 5), memory.dtype, CPU, channels_last=channels_last)
    expected = memory.reshape(2, 4, 5, 3).transpose(0, 3, 1, 2) if channels_last else memory.reshape(2, 3, 4, 5)
    np.testing.assert_array_equal(tensor.numpy(), expected)
    tensor[1, 2, 3, 4] = -1
    assert -1 in memory


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (torch.OutOfMemoryError("tried to allocate 2 GiB"), MemoryError),
        (RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"), MemoryError),
        (torch.AcceleratorError("CUDA error: out of memory"), MemoryError),
        (torch.AcceleratorError("CUDA error: an illegal memory access was encountered"), DeviceLost),
        (torch.AcceleratorError("CUDA error: invalid configuration argument"), torch.AcceleratorError),
        (RuntimeError("sizes do not match"), RuntimeError),
        (ValueError("received"), ValueError),
    ],
    ids=repr,
)
def test_torchs_errors_tell_a_full_device_from_a_broken_one(raised, expected):
    with pytest.raises(expected) as caught, device_failures(ask_driver):
        raise raised
    assert type(caught.value) is expected
    assert caught.value is raised or caught.value.__cause__ is raised


def fail_in_capture() -> None:
    try:
        raise torch.OutOfMemoryError("tried to allocate 2 GiB")
    finally:
        raise RuntimeError("operation failed due to a previous error during capture")


def test_a_capture_that_failed_for_want_of_memory_is_about_memory():
    with pytest.raises(MemoryError), device_failures(ask_driver):
        fail_in_capture()
