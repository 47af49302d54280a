"""Distances between sets of features, against what can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from engine.training.generation.distances import (
    diversity,
    frechet_distance,
    kernel_distance,
    nearest,
    precision_and_recall,
    score_of_classes,
    to_nearest,
)

RNG = np.random.default_rng(3)


def test_the_frechet_distance_of_gaussians_is_the_formulas() -> None:
    first = RNG.standard_normal((20000, 3))
    second = 2 * RNG.standard_normal((20000, 3)) + np.array([1.0, 0, 0])
    assert frechet_distance(first, first) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(first, second) == pytest.approx(1 + 3 * (2 - 1) ** 2, rel=0.05)


def test_one_picture_has_no_distance() -> None:
    with pytest.raises(ValueError, match="two pictures in each at least, got 1"):
        frechet_distance(RNG.standard_normal((1, 3)), RNG.standard_normal((5, 3)))


def test_the_kernel_distance_is_nought_on_average_for_one_distribution() -> None:
    draws = [kernel_distance(RNG.standard_normal((200, 8)), RNG.standard_normal((200, 8))) for _ in range(20)]
    apart = kernel_distance(RNG.standard_normal((200, 8)), RNG.standard_normal((200, 8)) + 1)
    assert abs(np.mean(draws)) < 0.05
    assert apart > 1


def test_precision_falls_for_strangers_and_recall_for_a_generator_that_repeats_itself() -> None:
    real = RNG.standard_normal((400, 4))
    assert min(precision_and_recall(real, RNG.standard_normal((400, 4)))) > 0.7
    assert precision_and_recall(real, real + 50) == (0.0, 0.0)
    precision, recall = precision_and_recall(real, np.repeat(real[:8], 50, axis=0) + 1e-6)
    assert precision > 0.95
    assert recall < 0.2


def test_the_score_of_sure_and_even_classes_is_their_number() -> None:
    assert score_of_classes(np.eye(5)[np.arange(100) % 5]) == pytest.approx(5)
    assert score_of_classes(np.full((10, 5), 0.2)) == pytest.approx(1)


def test_the_nearest_of_a_copy_is_itself() -> None:
    among = RNG.standard_normal((30, 6))
    found = nearest(among[[7, 3]] + 1e-9, among, count=2)
    assert found[:, 0].tolist() == [7, 3]
    assert (found[:, 1] != found[:, 0]).all()


def test_the_distance_to_the_nearest_is_each_rows_own() -> None:
    among = np.array([[0.0, 0.0], [10.0, 0.0]])
    assert to_nearest(np.array([[3.0, 4.0], [10.0, 0.0], [10.0, -2.0]]), among) == pytest.approx([5, 0, 2])


def test_a_generator_of_one_picture_a_category_is_not_diverse() -> None:
    groups = np.arange(6) % 2
    assert diversity(np.array([[0.0], [9.0]])[groups], groups) == 0
    spread = np.array([[0.0], [0.0], [3.0], [0.0], [6.0], [0.0]])
    assert diversity(spread, groups) == pytest.approx((3 + 6 + 3 + 0 + 0 + 0) / 6)
    with pytest.raises(ValueError, match="two pictures of one group"):
        diversity(spread, np.arange(6))
