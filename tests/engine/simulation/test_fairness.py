"""Fairness against max-min fair shares, on runs that can be checked by hand: each photo takes a second, alone."""

import pytest

from engine.simulation.device import DeviceModel
from engine.simulation.fairness import fairness, max_min_shares
from engine.simulation.replay import replay
from engine.simulation.rivals import Rules, WholePhotos
from engine.simulation.traces import Photo

DEVICE = DeviceModel(pixels_per_s=100.0)


def fairness_of(*photos: tuple[float, str], window_s: float) -> float:
    """Of photos of 100 px, by arrival and tenant."""
    trace = tuple(Photo(at_s, 10, 10, tenant=tenant) for at_s, tenant in photos)
    return fairness(replay(trace, WholePhotos(Rules()), DEVICE), window_s)


def test_what_one_leaves_of_its_share_is_divided_among_the_others():
    assert max_min_shares({"a": 10, "b": 100, "c": 100}, 90) == {"a": 10, "b": 40, "c": 40}


def test_nobody_gets_more_than_was_asked():
    assert max_min_shares({"a": 10, "b": 20}, 90) == {"a": 10, "b": 20}


def test_one_after_the_other_is_unfair_in_short_windows_and_fair_in_long_ones():
    one_each = [(0.0, "a"), (0.0, "b"), (0.0, "c"), (0.0, "d")]
    assert fairness_of(*one_each, window_s=1) == pytest.approx((1 / 4 + 1 / 3 + 1 / 2) / 3), "the last has no rival"
    assert fairness_of(*one_each, window_s=4) == pytest.approx(1)


def test_a_catalogue_before_a_click_is_unfair_and_after_it_is_fair():
    catalogue = [(0.0, "shop")] * 9
    assert fairness_of(*catalogue, (0, "click"), window_s=5) == pytest.approx((1 / 2 + 1) / 2)
    assert fairness_of((0, "click"), *catalogue, window_s=5) == pytest.approx(1)


def test_photos_that_arrive_within_a_window_count_from_the_next():
    assert fairness_of((0.0, "a"), (0.5, "b"), window_s=1) == 1


def test_a_tenant_alone_is_treated_fairly():
    assert fairness_of((0, "a"), (0, "a"), window_s=1) == 1
