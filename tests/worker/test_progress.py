"""The fraction that pollers see."""

import time

import pytest

from worker.progress import Progress


class Shown(list):
    def __call__(self, fraction, stage):
        self.append((round(fraction, 6), stage))


@pytest.fixture
def clock(monkeypatch):
    """A clock that moves only when told."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_the_fraction_goes_by_the_weights_of_the_stages(clock):
    shown = Shown()
    progress = Progress([("decode", 1.0), ("restore", 6.0), ("encode", 1.0)], shown)
    for index in (1, 2):
        clock[0] += 1
        progress.enter(index)
    assert shown == [(1 / 8, "restore"), (7 / 8, "encode")]


def test_the_inner_count_moves_within_its_stage(clock):
    shown = Shown()
    progress = Progress([("decode", 1.0), ("restore", 6.0), ("encode", 1.0)], shown)
    progress.enter(1)
    progress.units(1, 2)
    clock[0] += 1
    progress.publish()
    assert shown == [(0.5, "restore")]


def test_nothing_is_told_twice_within_a_quarter_second(clock):
    shown = Shown()
    progress = Progress([("restore", 1.0)], shown)
    for done in range(100):
        clock[0] += 0.01
        progress.units(done, 100)
        progress.publish()
    assert 3 <= len(shown) <= 4


def test_an_empty_count_is_no_division_by_zero(clock):
    progress = Progress([("restore", 1.0)], Shown())
    progress.units(0, 0)
    assert progress.fraction == 0.0
