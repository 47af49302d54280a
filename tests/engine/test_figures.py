"""The engine's numbers: what they count, and over how long."""

import threading

import numpy as np
import pytest

from engine import Engine
from engine.batching.facts import Usage
from engine.figures import KEPT, WINDOW_S, Figures
from engine.settings import EngineSettings

FULL = Usage(core_px=80, halo_px=20, seen_px=100)
HALF = Usage(core_px=40, halo_px=10, seen_px=100)


def test_before_the_first_batch_nothing_is_known():
    assert Figures(started=10.0).summary(10.0) == {
        "batches": 0,
        "mean_batch": None,
        "fill": None,
        "wait_ms": {"p50": None, "p95": None},
        "device_busy": 0.0,
    }


def test_fill_is_what_belonged_to_units_of_all_that_the_network_saw():
    figures = Figures(started=0.0)
    figures.note_batch(4, FULL)
    figures.note_batch(1, HALF)
    told = figures.summary(1.0)
    assert (told["batches"], told["mean_batch"], told["fill"]) == (2, 2.5, 0.75)


def test_the_batches_are_counted_for_ever_and_described_by_the_last():
    figures = Figures(started=0.0)
    figures.note_batch(1, HALF)
    for _ in range(KEPT):
        figures.note_batch(8, FULL)
    told = figures.summary(1.0)
    assert (told["batches"], told["mean_batch"], told["fill"]) == (KEPT + 1, 8, 1.0)


def test_quantiles_of_the_waits_are_waits_that_occurred():
    figures = Figures(started=0.0)
    for wait_ms in range(1, 101):
        figures.note_wait(float(wait_ms))
    assert figures.summary(1.0)["wait_ms"] == {"p50": 50.0, "p95": 95.0}


def test_the_device_is_busy_while_it_has_a_batch():
    figures = Figures(started=0.0)
    figures.note_busy(100.0, busy=True)
    assert figures.summary(130.0)["device_busy"] == 0.5
    figures.note_busy(130.0, busy=False)
    assert figures.summary(130.0)["device_busy"] == 0.5
    assert figures.summary(130.0 + WINDOW_S - 6)["device_busy"] == 0.1
    figures.note_busy(400.0, busy=True)
    assert figures.summary(400.0)["device_busy"] == 0.0


def test_a_young_engine_is_measured_since_its_start():
    figures = Figures(started=100.0)
    figures.note_busy(101.0, busy=True)
    assert figures.summary(102.0)["device_busy"] == 0.5


@pytest.fixture(scope="module")
def engine():
    with Engine.start(EngineSettings(backend="fake")) as engine:
        yield engine


def test_an_engine_counts_what_it_does(engine):
    image = np.zeros((40, 60, engine.models["restore"].channels_in), np.uint8)
    before = engine.figures()["batches"]
    done = threading.Event()
    future = engine.submit("restore", image)
    future.add_done_callback(lambda _: done.set())
    assert done.wait(60)
    told = engine.figures()
    assert told["batches"] > before
    assert 0 < told["fill"] <= 1
    assert told["wait_ms"]["p95"] >= 0
    assert 0 <= told["device_busy"] <= 1
