import hashlib

import numpy as np
import psutil
import pytest

from engine.backends.onnxruntime import SIDE_PX, OnnxRuntimeBackend
from engine.cards import load_cards
from engine.errors import WeightsError
from engine.settings import EngineSettings
from tests.engine.conftest import make_blur_to_one, run_photos

TO_ONE = {"tile_px": 16, "halo_px": 2, "scale": 1, "align_px": 2, "channels_out": 1}


@pytest.fixture
def load(weights_of):
    """Loads an ONNX file of our own as the model "mirror"; returns the card and its executor."""

    def make(data=None, **changes):
        card = load_cards(weights_of(data, **changes))["mirror"]
        return card, OnnxRuntimeBackend(threads=1).load(card)

    return make


def run(card, executor, photo):
    return run_photos(executor, card, [photo])[0]


def test_the_identity_network_returns_every_pixel_unchanged(load, photo_of):
    photo = photo_of(41, 29)
    np.testing.assert_array_equal(run(*load(), photo), photo)


def test_an_answer_of_another_shape_than_the_card_promises_fails_the_units(load, onnx_of, photo_of):
    tile = {"tile_px": 16, "halo_px": 2, "scale": 2, "align_px": 2}
    with pytest.raises(ValueError, match=r"promises an answer of shape \(1, 3, 16, 16\); received \(1, 3, 8, 8\)"):
        run(*load(tile=tile), photo_of(4, 4))


def test_an_answer_that_is_not_finite_fails_the_units(load, onnx_of):
    with pytest.raises(ValueError, match="not finite"):
        run(*load(onnx_of(["Log"])), np.zeros((4, 4, 3), np.uint8))


def test_a_model_whose_input_has_another_name_than_promised_is_refused(load, onnx_of):
    with pytest.raises(WeightsError, match=r"one float input 'input'; received \{'picture'"):
        load(onnx_of(input_name="picture"))


def test_a_model_that_onnx_runtime_cannot_open_is_refused(load, onnx_of):
    with pytest.raises(WeightsError, match="ONNX Runtime cannot open it"):
        load(onnx_of(["NoSuchOperator"]))


def test_a_photo_is_cut_into_even_tiles_trimmed_to_them(load, photo_of):
    card, executor = load()
    core = SIDE_PX - 2 * card.tile.halo_px
    seen = []
    network = executor.network
    original = network.run
    network.run = lambda batch, expected: (seen.append(batch.shape), original(batch, expected))[1]
    run(card, executor, photo_of(12, 2 * core + 5))
    third = -(-(2 * core + 5) // 6) * 2  # up to the next multiple of align_px
    assert seen == [(1, 3, 16, third + 4)] * 2 + [(1, 3, 16, 2 * core + 6 - 2 * third + 4)]  # 2 + 2 of halo


def test_pairs_of_tiles_give_the_bytes_of_one_after_the_other(load, photo_of):
    photo = photo_of(SIDE_PX + 7, 2 * SIDE_PX)
    card, one_by_one = load(make_blur_to_one(), tile=TO_ONE)
    in_pairs = OnnxRuntimeBackend(threads=3).load(card)
    assert (one_by_one.batch_sizes, in_pairs.batch_sizes) == ((1,), (1, 2))
    np.testing.assert_array_equal(run(card, in_pairs, photo), run(card, one_by_one, photo))


def test_networks_keep_the_memory_of_the_largest_work_once_and_not_once_each(load, onnx_of):
    batch = np.full((1, 3, 2048, 2048), 0.5, np.float32)
    card, _ = load(onnx_of(["Floor"]))
    networks = [OnnxRuntimeBackend(threads=1).load(card).network for _ in range(4)]

    def resident_after_running(network):
        network.run(batch, batch.shape)
        return psutil.Process().memory_info().rss

    first, *_, last = [resident_after_running(network) for network in networks]
    assert last - first < 2 * batch.nbytes  # with an arena each it is three times as much, or more


def test_int8_is_run_where_a_card_has_it_unless_another_precision_is_asked_for(weights_of, onnx_of, photo_of):
    floored = onnx_of(["Floor"])  # of values from 0 to 1: black, but for white
    variant = {"precision": "int8", "file": "other.onnx", "sha256": hashlib.sha256(floored).hexdigest(), "metrics": []}
    folder = weights_of(variants=[variant])
    (folder / "mirror-1" / "other.onnx").write_bytes(floored)
    card, photo = load_cards(folder)["mirror"], photo_of(8, 9)
    black = np.where(photo == 255, photo, 0)
    for precision, expected in (("auto", black), ("fp32", photo), ("fp16", photo), ("int8", black)):
        backend = OnnxRuntimeBackend.from_settings(EngineSettings(threads=1, precision=precision))
        np.testing.assert_array_equal(run(card, backend.load(backend.variant_of(card)), photo), expected)


def test_describe_tells_threads_and_version():
    description = OnnxRuntimeBackend(threads=3).describe()
    assert description["device"] == "CPU, 3 threads"
    assert description["runtime"].startswith("onnxruntime 1.")
