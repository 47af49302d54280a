"""Needs the extra `openvino`: skipped without it, but not in `make test-backends`."""

import importlib
import os

import numpy as np
import pytest

from engine import Engine, EngineSettings
from engine.backends.onnxruntime import OnnxRuntimeBackend
from engine.cards import load_card, load_cards
from engine.errors import WeightsError
from tests.engine.conftest import WEIGHTS, run_photos


@pytest.fixture(scope="module")
def backend_of():
    if os.environ.get("PACKSHOT_REQUIRE_BACKENDS") != "1":
        pytest.importorskip("openvino", reason="the extra openvino is not installed: make test-backends has it")
    return importlib.import_module("engine.backends.openvino").OpenVinoBackend


@pytest.fixture(scope="module")
def executor_of(backend_of):
    """Loads a committed card; each model is compiled once."""
    backend, loaded = backend_of(), {}

    def load(card):
        if card.model not in loaded:
            loaded[card.model] = backend.load(card)
        return loaded[card.model]

    return load


def committed(kind):
    cards = [load_card(path.parent) for path in sorted(WEIGHTS.glob("*/card.json"))]
    return [pytest.param(card, id=card.model) for card in cards if card.kind == kind]


@pytest.mark.parametrize("card", committed("tile"))
def test_its_pictures_equal_onnx_runtimes_within_one_level(card, executor_of, photo_of):
    photo = photo_of(130, 610, 0, card.channels_in)
    (theirs,) = run_photos(OnnxRuntimeBackend().load(card), card, [photo])
    (ours,) = run_photos(executor_of(card), card, [photo])
    assert np.abs(ours.astype(int) - theirs).max() <= 1


@pytest.mark.parametrize("card", committed("frame"))
def test_its_frames_equal_onnx_runtimes_within_a_fortieth_of_a_level(card, executor_of, photo_of):
    photo = photo_of(130, 97, 0, card.channels_in)
    (theirs,) = run_photos(OnnxRuntimeBackend().load(card), card, [photo])
    (ours,) = run_photos(executor_of(card), card, [photo])
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-4)


@pytest.mark.parametrize("card", [*committed("tile"), *committed("frame")])
def test_a_result_is_the_same_to_the_byte_alone_and_among_strangers_of_other_sizes(card, executor_of, photo_of):
    photos = [photo_of(33 + 17 * seed, 150 - 11 * seed, seed, card.channels_in) for seed in range(4)]
    together = run_photos(executor_of(card), card, photos)
    for answer, photo in zip(together, photos, strict=True):
        np.testing.assert_array_equal(answer, run_photos(executor_of(card), card, [photo])[0])


@pytest.mark.parametrize("card", [card for card in committed("tile") if card.values[0].variants])
def test_int8_agrees_with_onnx_runtimes_and_does_not_depend_on_strangers(card, backend_of, photo_of):
    backends = (OnnxRuntimeBackend(precision="int8"), backend_of(precision="int8"))
    theirs, ours = (backend.load(backend.variant_of(card)) for backend in backends)
    photos = [photo_of(90, 97, 0, card.channels_in), photo_of(61, 130, 0, card.channels_in)]
    for answer, photo in zip(run_photos(ours, card, photos), photos, strict=True):
        np.testing.assert_array_equal(answer, run_photos(ours, card, [photo])[0])
        # They round differently between the layers' steps: by up to 2 levels where the photo is mostly noise.
        assert np.abs(answer.astype(int) - run_photos(theirs, card, [photo])[0]).max() <= 4


def test_its_generated_pictures_equal_onnx_runtimes_within_one_level_alone_and_among_strangers(
    generator_dir, backend_of, vectors_of
):
    generator = load_cards(generator_dir)["mirror"]
    vectors, ours = vectors_of(5, 7), backend_of().load(generator)
    (theirs,) = run_photos(OnnxRuntimeBackend().load(generator), generator, [vectors])
    together = run_photos(ours, generator, [vectors[:2], vectors[2:]])
    for at, vector in enumerate(vectors):
        (alone,) = run_photos(ours, generator, [vector[None]])
        np.testing.assert_array_equal(np.concatenate(together)[at], alone[0])
    assert np.abs(np.concatenate(together).astype(int) - theirs).max() <= 1
    assert theirs.std() > 10


def test_a_photo_of_the_usual_size_is_a_single_tile(executor_of):
    for card in load_cards(WEIGHTS).values():
        if card.tile is not None and card.channels_in == 3:  # cutout-edges is asked for a part of the photo only
            (lane,) = executor_of(card).lanes
            assert lane.height_px - 2 * card.tile.halo_px >= 533


def test_the_whole_engine_runs_on_it(backend_of, photo_of):
    with Engine.start(EngineSettings(backend="openvino", threads=1)) as engine:
        description = engine.describe()
        assert (description["backend"], description["device"][-9:]) == ("openvino", "1 threads")
        assert engine.submit("upscale-x2", photo_of(21, 30)).result(60).output.shape == (42, 60, 3)


def test_a_model_whose_input_has_another_name_than_promised_is_refused(backend_of, weights_of, onnx_of):
    card = load_cards(weights_of(onnx_of(input_name="picture")))["mirror"]
    with pytest.raises(WeightsError, match=r"one float input 'input'; received \{'picture': 'f32'\}"):
        backend_of().load(card)


def test_a_model_that_it_cannot_open_is_refused(backend_of, weights_of, onnx_of):
    card = load_cards(weights_of(onnx_of(["NoSuchOperator"])))["mirror"]
    with pytest.raises(WeightsError, match="OpenVINO cannot open it"):
        backend_of().load(card)
