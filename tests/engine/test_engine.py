"""The whole engine over the fake backend: futures, failures, backpressure, drain."""

import gc
import subprocess
import sys
import threading
import time
import weakref
from concurrent.futures import wait

import numpy as np
import pytest

from engine import Engine, EngineSettings, Ticket
from engine.backends.fake import FakeBackend, FakePlan, fake_whole_image
from engine.cards import load_cards
from engine.errors import (
    BackendUnavailable,
    DeadlineExceeded,
    DeviceLost,
    EngineClosed,
    ImageRefused,
    ModelNotFound,
    UnitCancelled,
    UnitFailed,
    WeightsError,
)
from engine.pixels.light import identity_lut3d
from engine.unit_shapes import FrameShape, TileShape

PATIENCE_S = 30


class Gate:
    """Holds the device before a run until it is opened; `reached` says that a run waits there."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.opened = threading.Event()
        self.opened.set()
        self.seen: list[list] = []

    def __call__(self, units) -> None:
        self.seen.append(list(units))
        self.reached.set()
        assert self.opened.wait(PATIENCE_S)

    def shut(self) -> None:
        self.reached.clear()
        self.opened.clear()


@pytest.fixture
def start(card_of, frame_card):
    engines = []

    def make(plan=None, before_run=None, **settings):
        backend = FakeBackend(plan, before_run)
        cards = {"tiles": card_of(), "frames": frame_card}
        engines.append(Engine.start(EngineSettings(max_wait_ms=0, **settings), backend=backend, cards=cards))
        backend.runs.clear()
        return engines[-1], backend

    yield make
    for engine in engines:
        engine.drain(PATIENCE_S)


def hold(engine, gate, image):
    """Occupy the device with one unit; returns its future."""
    gate.shut()
    future = engine.submit("tiles", image)
    assert gate.reached.wait(PATIENCE_S)
    return future


def test_a_tile_model_answers_with_the_enlarged_picture_and_its_facts(start, photo_of):
    engine, _ = start()
    photo = photo_of(50, 31)
    result = engine.submit("tiles", photo).result(PATIENCE_S)
    assert np.abs(result.output.astype(int) - fake_whole_image(photo, 2)).max() <= 1
    assert (result.facts.model, result.facts.backend, result.facts.units) == ("tiles", "fake", 15)
    assert result.facts.device_ms > 0
    assert sum(result.facts.flush_reasons.values()) == result.facts.batches


def test_a_frame_model_answers_with_the_raw_array(start, photo_of):
    engine, _ = start()
    result = engine.submit("frames", photo_of(33, 7)).result(PATIENCE_S)
    np.testing.assert_array_equal(result.output, identity_lut3d(5))
    assert result.facts.units == 1


def test_a_tile_model_of_one_channel_answers_without_an_axis_for_it(card_of, photo_of):
    cards = {"edges": card_of("edges", tile=TileShape(20, 4, 2, 2, channels_in=4, channels_out=1))}
    with Engine.start(EngineSettings(), backend=FakeBackend(), cards=cards) as engine:
        assert engine.describe()["models"]["edges"]["channels_in"] == 4
        photo = photo_of(30, 41, 0, 4)
        answer = engine.submit("edges", photo).result(PATIENCE_S).output
    assert (answer.shape, answer.dtype) == ((60, 82), np.uint8)
    assert np.abs(answer.astype(int) - fake_whole_image(photo, 2, 1)[..., 0]).max() <= 1


@pytest.mark.parametrize(("output", "shape"), [("light", (7,)), ("matte", (1, 8, 6)), ("image", (3, 8, 6))])
def test_a_frame_model_answers_floats_of_its_cards_shape(card_of, photo_of, output, shape):
    cards = {"frames": card_of("frames", frame=FrameShape(8, 6, output, shape, channels_in=4))}
    with Engine.start(EngineSettings(), backend=FakeBackend(), cards=cards) as engine:
        answer = engine.submit("frames", photo_of(33, 7, 0, 4)).result(PATIENCE_S).output
    assert (answer.shape, answer.dtype) == (shape, np.float32)


def test_a_picture_of_other_channels_than_the_model_takes_is_refused_by_name(card_of, photo_of):
    cards = {
        "edges": card_of("edges", tile=TileShape(20, 4, 2, 2, channels_in=4, channels_out=1)),
        "frames": card_of("frames", frame=FrameShape(8, 6, "light", (7,))),
    }
    with Engine.start(EngineSettings(), backend=FakeBackend(), cards=cards) as engine:
        with pytest.raises(ImageRefused, match=r"edges takes a uint8 .*, 4\] array; received uint8 \[5, 6, 3\]"):
            engine.submit("edges", photo_of(5, 6))
        with pytest.raises(ImageRefused, match=r"frames takes a uint8 .*, 3\] array; received uint8 \[5, 6, 4\]"):
            engine.submit("frames", photo_of(5, 6, 0, 4))


def test_a_photo_in_a_frame_counts_no_more_device_time_than_its_batch_took(start, photo_of):
    engine, _ = start(FakePlan(batch_ms=5))
    began = time.monotonic()
    result = engine.submit("frames", photo_of(330, 700)).result(PATIENCE_S)
    assert 5 <= result.facts.device_ms <= (time.monotonic() - began) * 1000
    assert result.facts.padding_waste == result.facts.halo_waste == 0


def test_alone_equals_among_strangers_byte_for_byte(start, photo_of):
    engine, backend = start()
    photos = [photo_of(30 + 7 * seed, 41 - 3 * seed, seed) for seed in range(6)]
    alone = [engine.submit("tiles", photo, Ticket(alone=True)).result(PATIENCE_S).output for photo in photos]
    assert set(backend.runs) == {1}
    futures = [engine.submit("tiles", photo, Ticket(tenant=str(seed))) for seed, photo in enumerate(photos)]
    for expected, future in zip(alone, futures, strict=True):
        np.testing.assert_array_equal(future.result(PATIENCE_S).output, expected)
    assert max(backend.runs) > 1


def test_units_of_many_works_share_a_batch(start, photo_of):
    gate = Gate()
    engine, backend = start(before_run=gate)
    first = hold(engine, gate, photo_of(4, 4))
    futures = [engine.submit("tiles", photo_of(12, 12, seed)) for seed in range(5)]
    gate.opened.set()
    wait([first, *futures], PATIENCE_S)
    assert backend.runs == [1, 5]
    assert futures[0].result().facts.mean_batch_size == futures[0].result().facts.mean_batch_works == 5


def test_batch_mates_of_a_failing_unit_succeed(start, photo_of):
    gate, poison = Gate(), photo_of(12, 12, 99)

    def before_run(units):
        gate(units)
        if any(unit.source is poison for unit in units):
            raise RuntimeError("planted")

    engine, _ = start(before_run=before_run)
    first = hold(engine, gate, photo_of(4, 4))
    healthy = [engine.submit("tiles", photo_of(12, 12, seed)) for seed in range(4)]
    culprit = engine.submit("tiles", poison)
    gate.opened.set()
    wait([first, culprit, *healthy], PATIENCE_S)
    assert [future.exception() for future in healthy] == [None] * 4
    assert isinstance(culprit.exception(), UnitFailed)
    assert str(culprit.exception().cause) == "planted"


def test_a_batch_too_large_for_the_devices_memory_is_split_and_is_the_last_of_its_size(start, photo_of):
    gate = Gate()
    engine, backend = start(before_run=gate)
    first = hold(engine, gate, photo_of(4, 4))
    backend.plan = FakePlan(memory_slots=3)
    future = engine.submit("tiles", photo_of(12, 12 * 8))
    gate.opened.set()
    wait([first, future], PATIENCE_S)
    assert future.exception() is None
    assert backend.runs == [1, 8, 4, 2, 2, 2, 2]


def test_cancelled_work_is_dropped_before_it_is_packed(start, photo_of):
    gate = Gate()
    engine, _ = start(before_run=gate)
    hold(engine, gate, photo_of(4, 4))
    ticket, unwanted = Ticket(), photo_of(60, 60)
    future = engine.submit("tiles", unwanted, ticket)
    ticket.cancelled.set()
    gate.opened.set()
    with pytest.raises(UnitCancelled, match="0 of 3600 pixels were done"):
        future.result(PATIENCE_S)
    assert not any(unit.source is unwanted for units in gate.seen for unit in units)


def test_work_past_its_deadline_is_dropped(start, photo_of):
    engine, _ = start()
    with pytest.raises(DeadlineExceeded):
        engine.submit("tiles", photo_of(8, 8), Ticket(deadline=time.monotonic() - 1)).result(PATIENCE_S)


def test_progress_is_told_in_pixels_and_a_failing_listener_harms_nobody(start, photo_of, caplog):
    engine, _ = start()
    told = []
    engine.submit("tiles", photo_of(12, 12 * 20), Ticket(on_progress=lambda *step: told.append(step))).result(
        PATIENCE_S
    )
    assert told[-1] == (12 * 12 * 20, 12 * 12 * 20)
    assert [done for done, _ in told] == sorted({done for done, _ in told})

    def complain(done, total):
        raise RuntimeError("listener")

    assert engine.submit("tiles", photo_of(8, 8), Ticket(on_progress=complain)).result(PATIENCE_S)
    assert "on_progress" in caplog.text


def test_a_callback_may_submit_more_work(start, photo_of):
    engine, _ = start()
    chained = []
    first = engine.submit("tiles", photo_of(8, 8))
    first.add_done_callback(lambda _: chained.append(engine.submit("frames", photo_of(8, 8))))
    first.result(PATIENCE_S)
    deadline = time.monotonic() + PATIENCE_S
    while not chained and time.monotonic() < deadline:
        time.sleep(0.001)
    assert chained[0].result(PATIENCE_S)


def test_an_idle_engine_holds_no_photo(start, photo_of):
    engine, _ = start()
    photo = photo_of(20, 20)
    traces = [weakref.ref(photo), weakref.ref(engine.submit("tiles", photo).result(PATIENCE_S).output)]
    del photo
    deadline = time.monotonic() + PATIENCE_S
    while any(trace() is not None for trace in traces) and time.monotonic() < deadline:
        gc.collect()
        time.sleep(0.001)
    assert [trace() for trace in traces] == [None, None]


def test_what_is_no_image_is_refused_at_once(start):
    engine, _ = start()
    for wrong in (np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32), np.zeros((0, 4, 3), np.uint8), "photo"):
        with pytest.raises(ImageRefused, match="received"):
            engine.submit("tiles", wrong)


def test_an_unknown_model_is_refused_with_the_names_there_are(start, photo_of):
    engine, _ = start()
    with pytest.raises(ModelNotFound, match="frames, tiles; received 'cutout'"):
        engine.submit("cutout", photo_of(4, 4))


def test_there_is_no_room_past_the_limit_until_work_is_done(start, photo_of):
    gate = Gate()
    engine, _ = start(before_run=gate, max_resident_megapixels=1)
    assert engine.has_room(megapixels=50)
    future = hold(engine, gate, photo_of(500, 500))  # 0.25 megapixels in, 1 out
    assert not engine.has_room()
    assert not engine.wait_for_room(timeout_s=0.01)
    gate.opened.set()
    assert engine.wait_for_room(timeout_s=PATIENCE_S)
    future.result(PATIENCE_S)


def test_drain_finishes_the_running_batch_and_fails_the_rest(start, photo_of):
    gate = Gate()
    engine, backend = start(before_run=gate)
    running = hold(engine, gate, photo_of(4, 4))
    waiting = engine.submit("tiles", photo_of(4, 4))
    drained = []
    closer = threading.Thread(target=lambda: drained.append(engine.drain(PATIENCE_S)))
    closer.start()
    while not engine.closed:
        time.sleep(0.001)
    gate.opened.set()
    closer.join(PATIENCE_S)
    assert drained == [True]
    assert running.result(0).output.shape == (8, 8, 3)
    assert isinstance(waiting.exception(0), EngineClosed)
    assert backend.closed
    with pytest.raises(EngineClosed):
        engine.submit("tiles", photo_of(4, 4))


def test_drain_gives_a_hung_batch_up_at_its_time_and_fails_its_futures(start, photo_of):
    gate = Gate()
    engine, _ = start(before_run=gate)
    stuck = hold(engine, gate, photo_of(4, 4))
    assert engine.drain(0.01) is False
    assert isinstance(stuck.exception(0), EngineClosed)
    gate.opened.set()  # what returns too late finds nobody to answer, and the thread ends
    assert engine.drain(PATIENCE_S) is True


def test_a_hung_batch_shows_as_no_progress_and_an_idle_device_does_not(start, photo_of):
    gate = Gate()
    engine, _ = start(before_run=gate)
    before = time.monotonic()
    assert engine.last_progress >= before
    future = hold(engine, gate, photo_of(4, 4))
    assert before <= engine.last_progress == engine.last_progress
    gate.opened.set()
    future.result(PATIENCE_S)
    while engine.last_progress == engine.last_progress:
        time.sleep(0.001)


@pytest.mark.parametrize("fault", [DeviceLost("gone"), SystemExit(3)])
def test_a_lost_device_fails_every_future_and_closes_the_engine(start, photo_of, fault, caplog):
    gate = Gate()
    planted = []

    def before_run(units):
        gate(units)
        if planted:
            raise planted[0]

    engine, backend = start(before_run=before_run)
    running = hold(engine, gate, photo_of(4, 4))
    waiting = engine.submit("frames", photo_of(4, 4))
    planted.append(fault)
    gate.opened.set()
    for future in (running, waiting):
        assert isinstance(future.exception(PATIENCE_S), DeviceLost)
    with pytest.raises(DeviceLost):
        engine.submit("tiles", photo_of(4, 4))
    assert engine.closed
    assert engine.drain(PATIENCE_S)
    assert backend.closed
    assert "the device thread ends" in caplog.text


class FetchingBackend(FakeBackend):
    """A fake device that answers have to be fetched from."""

    def __init__(self, fetch, before_run):
        super().__init__(before_run=before_run)
        self._fetch = fetch

    def collect(self, target):  # noqa: ARG002
        self._fetch()


def test_a_device_lost_while_answers_are_fetched_leaves_no_future_without_an_answer(card_of, photo_of):
    gate, planted = Gate(), []

    def fetch():
        if planted:
            raise planted[0]

    backend = FetchingBackend(fetch, gate)
    with Engine.start(EngineSettings(), backend=backend, cards={"tiles": card_of()}) as engine:
        first = hold(engine, gate, photo_of(4, 4))
        mates = [engine.submit("tiles", photo_of(12, 12, seed)) for seed in range(3)]
        planted.append(DeviceLost("gone"))
        gate.opened.set()
        for future in (first, *mates):
            assert isinstance(future.exception(PATIENCE_S), DeviceLost)


def test_a_hung_fetch_shows_as_no_progress_and_its_future_fails_when_the_drain_gives_up(card_of, photo_of):
    gate, hung, go_on = Gate(), threading.Event(), threading.Event()

    def fetch():
        hung.set()
        assert go_on.wait(PATIENCE_S)

    backend = FetchingBackend(fetch, gate)
    with Engine.start(EngineSettings(), backend=backend, cards={"tiles": card_of()}) as engine:
        futures = [engine.submit("tiles", photo_of(4, 4))]
        assert hung.wait(PATIENCE_S)
        assert engine.last_progress == engine.last_progress
        assert engine.drain(0.01) is False
        assert isinstance(futures[0].exception(0), EngineClosed)
        go_on.set()  # what is fetched too late finds nobody to answer
        assert engine.drain(PATIENCE_S) is True


def test_a_failed_warm_up_stops_the_start_and_gives_the_device_back(card_of):
    backend = FakeBackend(FakePlan(fail_unit=1))
    with pytest.raises(WeightsError, match=r"the first run, of 1 slots, failed: .*as planned"):
        Engine.start(EngineSettings(), backend=backend, cards={"tiles": card_of()})
    assert backend.closed


def test_models_that_do_not_fit_the_device_stop_the_start_in_words(card_of, monkeypatch):
    def refuse(card):
        raise MemoryError("2 GiB more are needed")

    backend = FakeBackend()
    monkeypatch.setattr(backend, "load", refuse)
    with pytest.raises(BackendUnavailable, match="fake: the models do not fit the device's memory: 2 GiB more"):
        Engine.start(EngineSettings(), backend=backend, cards={"tiles": card_of()})
    assert backend.closed


def test_starting_tells_each_step_and_describe_tells_what_runs(card_of, frame_card):
    steps = []
    cards = {"tiles": card_of(), "frames": frame_card}
    with Engine.start(EngineSettings(), steps.append, backend=FakeBackend(), cards=cards) as engine:
        assert steps == ["loading tiles 1 on fake", "loading frames 1 on fake"]
        description = engine.describe()
    assert (description["backend"], description["why"]) == ("fake", "given by the caller")
    assert description["models"]["frames"]["digest"] == "0" * 64
    assert engine.closed


def test_many_threads_may_submit_at_once_and_each_gets_its_own_answer(start, photo_of):
    engine, _ = start()
    photos = [photo_of(5 + seed, 40 - seed, seed) for seed in range(16)]
    futures: dict[int, object] = {}

    def ask(seed):
        futures[seed] = engine.submit("tiles", photos[seed], Ticket(tenant=str(seed % 3)))

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    for seed, future in futures.items():
        difference = future.result(PATIENCE_S).output.astype(int) - fake_whole_image(photos[seed], 2)
        assert np.abs(difference).max() <= 1


def test_importing_the_engine_loads_neither_torch_nor_a_runtime_nor_starts_a_thread():
    probe = (
        "import sys, threading, engine;"
        "heavy = {'torch', 'onnxruntime', 'pydantic', 'redis'} & set(sys.modules);"
        "print(sorted(heavy), threading.active_count())"
    )
    seen = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert seen.stdout.split() == ["[]", "1"]


def test_facts_and_description_name_the_file_that_ran(weights_dir, photo_of):
    card = next(card for card in load_cards(weights_dir).values() if card.variants)
    variant, model = card.in_precision("int8"), card.model
    settings = EngineSettings(backend="onnxruntime", precision="int8", threads=1)
    with Engine.start(settings, cards={model: card}) as engine:
        facts = engine.submit(model, photo_of(20, 20, 0, card.channels_in)).result(PATIENCE_S).facts
        described = engine.describe()["models"][model]
    assert variant.onnx.sha256 != card.onnx.sha256
    assert facts.digest == described["digest"] == engine.models[model].onnx.sha256 == variant.onnx.sha256
    assert facts.precision == described["precision"] == "int8"
