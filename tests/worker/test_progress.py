"""The fraction that pollers see."""

import time

import pytest

from worker.progress import Progress, shares_of


class Shown(list):
    def __call__(self, shown):
        self.append((round(shown.fraction, 6), shown.stage))
        self.steps = [*getattr(self, "steps", []), (shown.index, round(shown.within, 6))]


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


def test_the_stage_and_how_far_it_is_are_told(clock):
    shown = Shown()
    progress = Progress([("decode", 1.0), ("variations", 1.0), ("restore", 6.0)], shown)
    progress.enter(2, 1, 4)
    clock[0] += 1
    progress.units(1, 2)
    progress.publish()
    clock[0] += 1
    progress.enter(2, 3, 4)
    assert shown.steps == [(2, 0.375), (2, 0.75)]


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


def test_pictures_take_turns_within_their_stage():
    progress = Progress([("generate", 1.0), ("restore", 4.0)], Shown())
    fractions = []
    for turn in range(4):
        progress.enter(1, turn, 4)
        progress.units(1, 2)
        fractions.append(round(progress.fraction, 6))
    assert fractions == [0.3, 0.5, 0.7, 0.9]


def test_a_part_of_a_stage_counts_from_its_start_to_its_end():
    progress = Progress([("generate", 1.0)], Shown())
    progress.part(0.0, 0.5)
    progress.units(1, 2)
    assert progress.fraction == 0.25
    progress.part(0.5, 1.0)
    progress.units(1, 2)
    assert progress.fraction == 0.75


def test_what_begins_to_count_anew_takes_nothing_back():
    progress = Progress([("generate", 1.0)], Shown())
    progress.units(3, 4)
    progress.units(1, 4)
    assert progress.fraction == 0.75
    progress.enter(0)
    assert progress.fraction == 0.0


def test_works_that_were_asked_together_count_as_one():
    progress = Progress([("generate", 1.0)], Shown())
    small, large = shares_of(progress.units, [100, 300])
    fractions = []
    for units, done in ((small, 100), (large, 100), (large, 200), (small, 100), (large, 300)):
        units(done, 300)
        fractions.append(progress.fraction)
    assert fractions == [0.25, 0.5, 0.75, 0.75, 1.0]
