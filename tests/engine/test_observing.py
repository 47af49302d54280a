"""What observers are told of batches, over the fake backend."""

import logging
import threading

import numpy as np
import pytest

from engine import Engine, EngineSettings, Ticket
from engine.backends.fake import FakeBackend, FakePlan
from engine.batching.facts import FLUSH_REASONS
from engine.errors import UnitFailed
from engine.observing import BatchEvent

PATIENCE_S = 30


class Listener:
    """Keeps what it is told, and where; may be told to fail at it."""

    def __init__(self, fails: bool = False) -> None:
        self.fails = fails
        self.calls = 0
        self.events: list[BatchEvent] = []
        self.threads: set[str] = set()

    def batch_ended(self, event):
        self.calls += 1
        if self.fails:
            raise RuntimeError("an observer's own mistake")
        self.threads.add(threading.current_thread().name)
        self.events.append(event)


class Gate:
    """Holds the device before a run until it is opened."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.opened = threading.Event()
        self.opened.set()

    def __call__(self, _) -> None:
        self.reached.set()
        assert self.opened.wait(PATIENCE_S)

    def hold(self, engine, image):
        """Occupy the device with one unit; returns its future."""
        self.opened.clear()
        self.reached.clear()
        future = engine.submit("frames", image)
        assert self.reached.wait(PATIENCE_S)
        return future


@pytest.fixture
def start(card_of, frame_card):
    engines = []

    def make(*observers, plan=None, before_run=None, **settings):
        cards = {"tiles": card_of(), "frames": frame_card}
        backend = FakeBackend(plan, before_run)
        chosen = EngineSettings(max_wait_ms=0, **settings)
        engines.append(Engine.start(chosen, backend=backend, cards=cards, observers=observers))
        return engines[-1]

    yield make
    for engine in engines:
        engine.drain(PATIENCE_S)


def test_a_batch_is_told_before_its_futures_are_answered_and_warm_up_is_not(start, photo_of):
    listener = Listener()
    engine = start(listener)
    assert listener.events == []
    facts = engine.submit("tiles", photo_of(50, 31), Ticket(tag="job-1")).result(PATIENCE_S).facts
    events = list(listener.events)
    assert len(events) == facts.batches
    assert sum(event.units for event in events) == facts.units == 15
    assert sum(event.core_px for event in events) == 50 * 31
    assert {(event.model, event.version, event.backend) for event in events} == {("tiles", "1", "fake")}
    assert {event.reason for event in events} == set(facts.flush_reasons) <= set(FLUSH_REASONS)
    assert all(0 < event.fill <= 1 and event.slots >= 1 and not event.failed for event in events)
    assert all(event.tags == ("job-1",) and event.works == 1 for event in events)
    assert [len(event.waits_ms) for event in events] == [1] + [0] * (len(events) - 1)
    assert events[0].waits_ms[0] == pytest.approx(facts.wait_ms, abs=0.001)
    assert listener.threads == {"packshot-device"}


def test_works_that_share_a_batch_are_told_with_each_tag_once(start, photo_of):
    listener, gate = Listener(), Gate()
    engine = start(listener, before_run=gate)
    first = gate.hold(engine, photo_of(9, 9))
    futures = [engine.submit("frames", photo_of(9, 9, seed), Ticket(tag=tag)) for seed, tag in enumerate("aab")]
    futures.append(engine.submit("frames", photo_of(9, 9, 9)))
    gate.opened.set()
    for future in [first, *futures]:
        future.result(PATIENCE_S)
    alone, shared = listener.events
    assert (alone.works, alone.tags, alone.units) == (1, (), 1)
    assert (shared.works, shared.tags, shared.units, shared.slots) == (4, ("a", "b"), 4, 4)
    assert len(shared.waits_ms) == 4
    assert alone.started < alone.ended <= shared.started < shared.ended


def test_a_failed_batch_is_told_with_what_it_failed_of_and_its_halves_as_split(start, photo_of):
    listener, gate = Listener(), Gate()
    engine = start(listener, before_run=gate, plan=FakePlan(full_width=13))
    first = gate.hold(engine, photo_of(9, 9))
    good = engine.submit("frames", photo_of(9, 9), Ticket(tag="good"))
    bad = engine.submit("frames", photo_of(9, 13), Ticket(tag="bad"))
    gate.opened.set()
    first.result(PATIENCE_S)
    good.result(PATIENCE_S)
    with pytest.raises(UnitFailed):
        bad.result(PATIENCE_S)
    told = [(event.reason, event.tags, event.error, event.failed) for event in listener.events[1:]]
    assert told == [
        ("idle", ("good", "bad"), "MemoryError", True),
        ("split", ("good",), None, False),
        ("split", ("bad",), "MemoryError", True),
    ]
    waits = [len(event.waits_ms) for event in listener.events[1:]]
    assert waits == [2, 0, 0]


@pytest.mark.parametrize("strips", [0, 1])
def test_device_seconds_of_batches_do_not_overlap(start, photo_of, strips):
    listener = Listener()
    engine = start(listener, plan=FakePlan(strips=strips, batch_ms=3))
    for future in [engine.submit("tiles", photo_of(120, 90, seed)) for seed in range(3)]:
        future.result(PATIENCE_S)
    ended = [event.ended for event in listener.events]
    assert len(ended) > 1
    assert ended == sorted(ended)
    assert all(event.device_s > 0 for event in listener.events)
    assert sum(event.device_s for event in listener.events) <= ended[-1] - listener.events[0].started


def test_observers_that_fail_are_logged_once_and_harm_nobody(start, photo_of, caplog):
    failing, listener = Listener(fails=True), Listener()
    engine = start(failing, listener)
    with caplog.at_level(logging.ERROR, "engine.observing"):
        for seed in range(3):
            engine.submit("frames", photo_of(9, 9, seed)).result(PATIENCE_S)
    assert failing.calls == len(listener.events) == 3
    assert [record.getMessage() for record in caplog.records] == [
        "Listener failed; it is called on, its next failures are not told"
    ]


def test_an_engine_without_observers_answers_as_ever(start, photo_of):
    photo = photo_of(21, 34)
    watched, unwatched = start(Listener()), start()
    answers = [engine.submit("tiles", photo).result(PATIENCE_S).output for engine in (watched, unwatched)]
    np.testing.assert_array_equal(*answers)
