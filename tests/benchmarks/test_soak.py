"""The soak's judge: it calls a planted leak a leak, and what only goes up and down flat."""

import math
import random

import pytest

from benchmarks.soak.picture import draw
from benchmarks.soak.sampling import FLOORS
from benchmarks.soak.trend import Point, judge, judge_all, slope

HOUR = [(second, 0.0) for second in range(0, 3600, 5)]


def series(value_at, *, noise: float = 0.0, seed: int = 1) -> list[Point]:
    chance = random.Random(seed)
    return [(at, value_at(at) + chance.uniform(-noise, noise)) for at, _ in HOUR]


def saw(at: float) -> float:
    """A cache that fills for seven minutes and is emptied."""
    return at % 420 / 10


@pytest.mark.parametrize("noise", [0.0, 20.0])
@pytest.mark.parametrize("seed", range(3))
def test_a_leak_of_a_tenth_in_an_hour_is_found_under_noise_saws_and_spikes(noise: float, seed: int) -> None:
    leak = series(lambda at: 500 + 50 * at / 3600 + saw(at) / 4, noise=noise, seed=seed)
    leak[500] = (leak[500][0], 9_000.0)
    told = judge("worker MiB", leak, FLOORS["MiB"])
    assert not told.flat
    assert 35 < told.per_hour < 65


@pytest.mark.parametrize("seed", range(3))
def test_what_goes_up_and_down_is_flat(seed: int) -> None:
    steady = series(lambda at: 500 + saw(at) / 4 + 10 * math.sin(at / 50), noise=20, seed=seed)
    assert judge("worker MiB", steady, FLOORS["MiB"]).flat


def test_a_start_that_fills_caches_does_not_count_and_shrinking_is_no_leak() -> None:
    warming = series(lambda at: min(at, 600) + 100)
    assert judge("worker MiB", warming, FLOORS["MiB"]).flat
    assert judge("worker MiB", series(lambda at: 900 - at / 10), FLOORS["MiB"]).flat


def test_a_handle_lost_every_five_minutes_is_found_and_one_more_is_not_a_leak() -> None:
    assert not judge("api handles", series(lambda at: 30 + at // 300), FLOORS["handles"]).flat
    assert judge("api handles", series(lambda at: 30 + (at > 2500)), FLOORS["handles"]).flat


def test_the_slope_is_the_median_of_those_between_all_pairs() -> None:
    assert slope([(0, 1), (1, 3), (2, 5), (2, 99)]) == 2
    with pytest.raises(ValueError, match="8 samples"):
        judge("x MiB", [(0, 1.0)], 1.0)


def test_the_picture_has_a_panel_for_each_series_and_marks_what_grows() -> None:
    told = {"worker MiB": series(lambda at: 500 + at / 10), "api threads": series(lambda _: 12)}
    trends = judge_all(told, FLOORS)
    picture = draw(told, trends)
    assert [trend.flat for trend in trends] == [False, True]
    assert picture.count("<polyline") == 2
    assert picture.count('class="g"') == 1
    assert "worker MiB" in picture
