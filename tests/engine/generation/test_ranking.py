"""Which candidate is better where scores have no common scale."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.generation.ranking import qualities

SCORES = st.lists(st.fixed_dictionaries({"a": st.integers(-5, 5), "b": st.integers(-5, 5)}), min_size=1, max_size=8)


def test_the_quality_is_the_weighted_share_of_others_beaten():
    scores = [{"critic": -40.0, "clean": 1.0}, {"critic": 3.0, "clean": 0.9}, {"critic": 2.9, "clean": 1.0}]
    assert qualities(scores, {"critic": 3, "clean": 1}) == pytest.approx([0.1875, 0.75, 0.5625])


@given(SCORES)
def test_only_the_order_of_scores_counts(scores):
    stretched = [{"a": own["a"] ** 3 * 1000.0, "b": own["b"] - 7.5} for own in scores]
    weights = {"a": 2.0, "b": 1.0}
    assert qualities(stretched, weights) == qualities(scores, weights)


@given(SCORES)
def test_qualities_are_of_0_to_1_and_half_on_the_mean(scores):
    found = qualities(scores, {"a": 1.0, "b": 1.0})
    assert all(0 <= quality <= 1 for quality in found)
    assert sum(found) / len(found) == pytest.approx(0.5)


@pytest.mark.parametrize("weights", [{}, {"other": 1.0}, {"a": 0.0}])
def test_where_no_score_counts_all_are_alike(weights):
    assert qualities([{"a": 1.0}, {"a": 2.0}], weights) == [0.5, 0.5]


def test_none_have_no_quality():
    assert qualities([], {"a": 1.0}) == []
