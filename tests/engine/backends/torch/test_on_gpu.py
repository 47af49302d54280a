"""What only a GPU proves of the network: graphs, streams, memory and number formats (make test-gpu)."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
import torch

from engine.backends.torch.convert import convert
from engine.backends.torch.network import Place, TorchNetwork, Way
from engine.cards import read_model
from tests.engine.backends.torch.onnx_graphs import both_answers
from tests.engine.backends.torch.test_weights import CARDS, frame_of

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no GPU: make test-gpu runs this on one"),
]
DEVICE = torch.device("cuda", 0)


def ask_nobody(error: BaseException) -> None:
    raise AssertionError(f"the device should be alive: {error}")


PLACE = Place(DEVICE, ask_nobody)


class Prepared:
    """A network with buffers of torch's own for one shape, on a stream."""

    def __init__(self, network: TorchNetwork, shape: tuple[int, int, int, int], stream: torch.cuda.Stream) -> None:
        dtype = torch.float16 if network.dtype == np.float16 else torch.float32
        layout = torch.channels_last if network.channels_last else torch.contiguous_format
        self.batch = torch.zeros(shape, dtype=dtype, device=DEVICE).to(memory_format=layout)
        self.answer = torch.zeros(network.output_shape(shape), dtype=dtype, device=DEVICE).to(memory_format=layout)
        self.stream = stream
        torch.cuda.synchronize()
        self.run = network.prepare(shape, self.batch.data_ptr(), self.answer.data_ptr(), stream.cuda_stream)

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        with torch.cuda.stream(self.stream):
            self.batch.copy_(torch.from_numpy(batch))
            self.run()
            return self.answer.float().cpu().numpy()


def network_of(model: str, dtype: torch.dtype, way: Way = "graphs") -> TorchNetwork:
    return TorchNetwork(convert(read_model(CARDS[model]), dtype), CARDS[model], PLACE, way)


@pytest.mark.parametrize("way", get_args(Way))
@pytest.mark.parametrize("model", ["restore", "relight"])
def test_each_way_to_run_answers_as_onnx_runtime_does(model, way):
    expected, _ = both_answers(read_model(CARDS[model]), frame_of(model))
    prepared = Prepared(network_of(model, torch.float32, way), frame_of(model).shape, torch.cuda.Stream())
    for _ in range(3):
        assert np.abs(prepared(frame_of(model)) - expected).max() <= 1e-4


@pytest.mark.parametrize("model", ["restore", "upscale-x2"])
def test_half_precision_stays_within_half_a_code_value(model):
    expected, _ = both_answers(read_model(CARDS[model]), frame_of(model))
    prepared = Prepared(network_of(model, torch.float16), frame_of(model).shape, torch.cuda.Stream())
    assert np.abs(prepared(frame_of(model)) - expected).max() <= 0.5 / 255


def test_graphs_of_two_shapes_and_two_networks_share_a_stream_without_disturbing_each_other():
    stream = torch.cuda.Stream()
    restore, upscale = network_of("restore", torch.float32), network_of("upscale-x2", torch.float32)
    runs = [
        (Prepared(network, batch.shape, stream), batch, model)
        for network, model in ((restore, "restore"), (upscale, "upscale-x2"))
        for batch in (frame_of(model), frame_of(model)[:1, :, :40, :64].copy())
    ]
    expected = [both_answers(read_model(CARDS[model]), batch)[0] for _, batch, model in runs]
    for _ in range(3):
        for (prepared, batch, _), wanted in zip(runs, expected, strict=True):
            assert np.abs(prepared(batch) - wanted).max() <= 1e-4


def test_a_shape_beyond_the_devices_memory_is_a_memory_error_and_leaves_the_device_alive():
    network = network_of("restore", torch.float16)
    small = np.zeros((1, 4, 64, 64), np.float32)
    tiny = torch.zeros(1, dtype=torch.float16, device=DEVICE)
    _, total = torch.cuda.mem_get_info()
    side = int((total / 6) ** 0.5) // 64 * 64
    with pytest.raises(MemoryError):  # it fails inside of the network, before it reads or writes beyond `tiny`
        network.prepare((8, 4, side, side), tiny.data_ptr(), tiny.data_ptr(), torch.cuda.Stream().cuda_stream)
    assert np.isfinite(Prepared(network, small.shape, torch.cuda.Stream())(small)).all()
