"""Latents through the whole engine: on the fake backend, and on ONNX Runtime with a small generator of our own."""

import threading
from concurrent.futures import wait

import numpy as np
import pytest

from engine import Engine, EngineSettings, Ticket
from engine.backends.fake import FakeBackend, FakePlan, fake_latent
from engine.backends.onnxruntime import OnnxRuntimeBackend
from engine.cards import load_cards
from engine.errors import ImageRefused, LatentsRefused, ModelNotFound, UnitCancelled, UnitFailed, WeightsError
from engine.unit_shapes import LatentShape
from tests.engine.conftest import GENERATED, make_generator

PATIENCE_S = 30


class Gate:
    """Holds the device before its first run until it is opened; `reached` says that the run waits there."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.opened = threading.Event()
        self.armed = False

    def __call__(self, _) -> None:
        if self.armed:
            self.reached.set()
            assert self.opened.wait(PATIENCE_S)


@pytest.fixture
def start(card_of):
    engines = []

    def make(plan=None, before_run=None, **settings):
        backend = FakeBackend(plan, before_run)
        cards = {"latents": card_of("latents", latent=GENERATED), "tiles": card_of()}
        engines.append(Engine.start(EngineSettings(max_wait_ms=0, **settings), backend=backend, cards=cards))
        backend.runs.clear()
        return engines[-1], backend

    yield make
    for engine in engines:
        engine.drain(PATIENCE_S)


@pytest.fixture
def generator(generator_dir):
    return load_cards(generator_dir)["mirror"]


@pytest.fixture
def start_real(generator):
    def make(threads=1):
        settings = EngineSettings(backend="onnxruntime", threads=threads)
        return Engine.start(settings, cards={"generator": generator})

    return make


def codes(vector):
    """What the fake makes of a vector, as a picture."""
    values = fake_latent(vector, GENERATED).transpose(1, 2, 0)
    return np.clip(np.floor(values * np.float32(255) + np.float32(0.5)), 0, 255).astype(np.uint8)


def held(engine, gate, vectors):
    """Occupy the device with one batch; returns its future."""
    gate.armed = True
    future = engine.submit_latents("latents", vectors)
    assert gate.reached.wait(PATIENCE_S)
    return future


@pytest.mark.parametrize("strips", [0, 1])
def test_each_vector_becomes_a_picture_and_the_facts_tell_how(start, vectors_of, strips):
    engine, _ = start(FakePlan(strips=strips))
    vectors = vectors_of(11, 7)
    result = engine.submit_latents("latents", vectors).result(PATIENCE_S)
    assert (result.output.shape, result.output.dtype) == ((11, 6, 10, 3), np.uint8)
    for picture, vector in zip(result.output, vectors, strict=True):
        np.testing.assert_array_equal(picture, codes(vector))
    assert (result.facts.model, result.facts.units, result.facts.halo_waste) == ("latents", 11, 0)
    if not strips:  # else the sizes of batches follow from what each was measured to cost
        assert (result.facts.batches, result.facts.padding_waste) == (2, 0)


def test_vectors_of_many_jobs_share_a_batch(start, vectors_of):
    gate = Gate()
    engine, backend = start(before_run=gate)
    first = held(engine, gate, vectors_of(1, 7))
    futures = [engine.submit_latents("latents", vectors_of(2, 7, seed), Ticket(str(seed))) for seed in range(3)]
    gate.opened.set()
    wait([first, *futures], PATIENCE_S)
    assert backend.runs == [1, 6]
    assert futures[0].result().facts.mean_batch_works == 3


@pytest.mark.parametrize("strips", [0, 1])
def test_alone_equals_among_strangers_byte_for_byte(start, vectors_of, strips):
    engine, backend = start(FakePlan(strips=strips))
    vectors = vectors_of(9, 7)
    alone = engine.submit_latents("latents", vectors, Ticket(alone=True)).result(PATIENCE_S).output
    assert set(backend.runs) == {1}
    futures = [engine.submit_latents("latents", vectors[at : at + 3], Ticket(str(at))) for at in (0, 3, 6)]
    np.testing.assert_array_equal(np.concatenate([future.result(PATIENCE_S).output for future in futures]), alone)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_generator_on_onnx_runtime_gives_a_vector_the_same_bytes_alone_and_among_strangers(
    start_real, vectors_of, threads
):
    vectors = vectors_of(12, 7)
    with start_real(threads) as engine:
        alone = [engine.submit_latents("generator", vector[None]).result(PATIENCE_S).output[0] for vector in vectors]
        order = np.random.default_rng(3).permutation(12)
        futures = [
            engine.submit_latents("generator", vectors[part], Ticket(str(part[0]))) for part in (order, order[:5])
        ]
        together, again = (future.result(PATIENCE_S).output for future in futures)
    assert len({picture.tobytes() for picture in alone}) == 12
    np.testing.assert_array_equal(together, np.stack([alone[at] for at in order]))
    np.testing.assert_array_equal(again, together[:5])


def test_a_generators_pictures_are_its_networks_answer_as_code_values(start_real, generator, vectors_of):
    vectors = vectors_of(3, 7)
    network = OnnxRuntimeBackend(threads=1).load(generator).network
    answer = network.run(vectors, (3, *GENERATED.output_shape)).transpose(0, 2, 3, 1)
    with start_real() as engine:
        pictures = engine.submit_latents("generator", vectors).result(PATIENCE_S).output
    assert np.abs(pictures - answer * 255).max() <= 0.5 + 1e-4
    assert pictures.std() > 10


def test_a_generator_that_answers_in_another_size_stops_the_start(weights_of):
    latent = {"length": 7, "output_shape": [3, 8, 8]}
    card = load_cards(weights_of(make_generator(GENERATED), kind="latent", latent=latent))["mirror"]
    with pytest.raises(WeightsError, match=r"promises an answer of shape \(1, 3, 8, 8\); received \(1, 3, 6, 10\)"):
        Engine.start(EngineSettings(backend="onnxruntime", threads=1), cards={"mirror": card})


def test_of_a_failing_batch_only_the_work_of_the_culprit_fails_and_its_vector_is_named(start, vectors_of):
    gate, poison = Gate(), vectors_of(3, 7, 99)

    def before_run(units):
        gate(units)
        if any(unit.source is poison and unit.row == 1 for unit in units):
            raise RuntimeError("planted")

    engine, _ = start(before_run=before_run)
    first = held(engine, gate, vectors_of(1, 7))
    healthy = [engine.submit_latents("latents", vectors_of(2, 7, seed)) for seed in range(2)]
    culprit = engine.submit_latents("latents", poison)
    gate.opened.set()
    wait([first, culprit, *healthy], PATIENCE_S)
    assert [future.exception() for future in healthy] == [None, None]
    assert isinstance(culprit.exception(), UnitFailed)
    assert "latents: the unit at vector 1 of 3 failed alone: RuntimeError: planted" in str(culprit.exception())


def test_latents_of_a_cancelled_ticket_are_dropped_before_they_are_packed(start, vectors_of):
    gate = Gate()
    engine, backend = start(before_run=gate)
    first = held(engine, gate, vectors_of(1, 7))
    ticket = Ticket()
    future = engine.submit_latents("latents", vectors_of(5, 7), ticket)
    ticket.cancelled.set()
    gate.opened.set()
    with pytest.raises(UnitCancelled, match="0 of 300 pixels were done"):
        future.result(PATIENCE_S)
    first.result(PATIENCE_S)
    assert backend.runs == [1]


def test_progress_is_told_in_pixels_made(start, vectors_of):
    engine, _ = start()
    told = []
    ticket = Ticket(on_progress=lambda *step: told.append(step))
    engine.submit_latents("latents", vectors_of(20, 7), ticket).result(PATIENCE_S)
    assert told == [(480, 1200), (960, 1200), (1200, 1200)]


def test_pictures_to_be_made_count_as_resident(card_of, vectors_of):
    gate, cards = Gate(), {"latents": card_of("latents", latent=LatentShape(7, (3, 600, 900)))}
    backend = FakeBackend(before_run=gate)
    with Engine.start(EngineSettings(max_resident_megapixels=1), backend=backend, cards=cards) as engine:
        future = held(engine, gate, vectors_of(2, 7))
        assert not engine.has_room()
        gate.opened.set()
        assert engine.wait_for_room(timeout_s=PATIENCE_S)
        assert future.result(PATIENCE_S).output.shape == (2, 600, 900, 3)


@pytest.mark.parametrize(
    ("vectors", "received"),
    [
        (np.zeros((2, 6), np.float32), r"float32 \[n >= 1, 7\] array; received float32 \[2, 6\]"),
        (np.zeros((2, 7)), r"float32 \[n >= 1, 7\] array; received float64 \[2, 7\]"),
        (np.zeros(7, np.float32), r"received float32 \[7\]"),
        (np.zeros((0, 7), np.float32), r"received float32 \[0, 7\]"),
        ([[0.0] * 7], r"received list"),
        (np.array([[0] * 7, [0, 0, np.nan, 0, 0, 0, 0]], np.float32), "received nan at vector 1, value 2"),
        (np.array([[np.inf] + [0] * 6], np.float32), "received inf at vector 0, value 0"),
    ],
    ids=["length", "dtype", "rank", "none", "list", "nan", "inf"],
)
def test_what_holds_no_vectors_of_the_model_is_refused_by_its_name(start, vectors, received):
    engine, _ = start()
    with pytest.raises(LatentsRefused, match=f"^latents takes .*{received}"):
        engine.submit_latents("latents", vectors)


def test_pictures_and_latents_are_not_taken_for_each_other(start, photo_of, vectors_of):
    engine, _ = start()
    with pytest.raises(ImageRefused, match=r"latents takes vectors of 7 values \(submit_latents\); received an image"):
        engine.submit("latents", photo_of(6, 10))
    with pytest.raises(LatentsRefused, match=r"tiles takes an image \(submit\), since its card's kind is tile"):
        engine.submit_latents("tiles", vectors_of(1, 7))
    with pytest.raises(ModelNotFound, match="latents, tiles; received 'dreams'"):
        engine.submit_latents("dreams", vectors_of(1, 7))


def test_vectors_of_any_memory_layout_are_taken(start, vectors_of):
    engine, _ = start()
    vectors = vectors_of(4, 14)[::2, ::2]
    np.testing.assert_array_equal(
        engine.submit_latents("latents", vectors).result(PATIENCE_S).output, [codes(vector) for vector in vectors]
    )


def test_the_description_tells_the_length_in_the_place_of_channels(start):
    engine, _ = start()
    told = engine.describe()["models"]["latents"]
    assert (told["kind"], told["length"], told["lanes"]) == ("latent", 7, [])
    assert "channels_in" not in told
