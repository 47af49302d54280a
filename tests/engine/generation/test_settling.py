"""Draws carried to near products: how near, how evenly, and that nothing but the draw and the products counts."""

from __future__ import annotations

import numpy as np
import pytest

from engine.generation.latents import LATENT_LENGTH, draw
from engine.generation.settling import (
    CHOICES,
    CHOSEN_SHARE,
    FREEDOM,
    LEAST_CHOSEN,
    NEIGHBORS,
    chosen,
    neighbors,
    settled,
)

TWO_KINDS = np.random.default_rng(2).standard_normal((40, LATENT_LENGTH)) + 9 * np.repeat([[-1.0], [1.0]], 20, axis=0)
"""Twenty products about -9 in all places, twenty about 9; nothing between."""


def _settled(normal: np.ndarray, products: np.ndarray = TWO_KINDS) -> np.ndarray:
    nearest = neighbors(products)
    return np.stack([settled(row, products, nearest) for row in normal.astype(np.float64)])


def test_the_nearest_of_a_product_is_itself_and_then_those_least_far() -> None:
    found = neighbors(np.array([[0.0], [1.0], [3.0], [7.0], [7.5], [20.0], [21.0]]))
    assert found.shape == (7, NEIGHBORS)
    assert found[0].tolist() == [0, 1, 2, 3, 4, 5]
    assert found[3].tolist() == [3, 4, 2, 1, 0, 5]


def test_of_equal_products_each_is_its_own_nearest() -> None:
    assert neighbors(np.ones((8, 3)))[:, 0].tolist() == list(range(8))


def test_draws_lie_near_products_of_one_kind_and_never_between_kinds() -> None:
    found = _settled(draw(1, 200))
    assert (np.abs(found.mean(axis=1)) > 8).all()
    assert 0.35 < (found.mean(axis=1) > 0).mean() < 0.65


def test_draws_are_mixed_of_neighbours_and_moved_freely_from_there() -> None:
    normal = draw(1, 5).astype(np.float64)
    mixed = _settled(normal) - FREEDOM * normal
    for row in mixed:
        weights, *_ = np.linalg.lstsq(TWO_KINDS.T, row, rcond=None)
        assert weights.sum() == pytest.approx(1)
        assert (weights > -1e-9).all()
        assert 2 <= (weights > 1e-9).sum() <= NEIGHBORS


def test_each_product_is_chosen_as_often() -> None:
    normal = np.zeros((400, LATENT_LENGTH))
    normal[:, 0] = draw(4, 7).ravel()[:400]
    normal[:, 1] = -8  # next to nothing but the chosen one itself
    chosen = np.array([np.linalg.norm(TWO_KINDS - row, axis=1).argmin() for row in _settled(normal)])
    assert len(np.unique(chosen)) == 40


def test_what_is_near_stays_near_but_for_the_choice() -> None:
    normal = draw(3, 1).astype(np.float64)
    moved = normal.copy()
    moved[:, CHOICES:] += 1.0
    assert _settled(moved) - _settled(normal) == pytest.approx(FREEDOM * (moved - normal))


@pytest.mark.parametrize("count", [1, 2, 5])
def test_few_products_are_enough(count: int) -> None:
    products = TWO_KINDS[:count]
    found = _settled(draw(3, 6), products)
    assert found.shape == (6, LATENT_LENGTH)
    if count == 1:
        assert found == pytest.approx(products + FREEDOM * draw(3, 6), abs=1e-6)


def test_products_are_chosen_that_have_most_nearly_what_is_wanted() -> None:
    quantities = np.random.default_rng(4).standard_normal((100, 2))
    found = chosen(quantities, np.array([1.0, -1.0]))
    assert len(found) == 100 * CHOSEN_SHARE
    assert (np.diff(found) > 0).all()
    away = np.linalg.norm(quantities - (1.0, -1.0), axis=1)
    assert away[found].max() < np.delete(away, found).min()


def test_of_few_products_not_too_few_are_chosen() -> None:
    ascending = np.arange(20.0)[:, None]
    assert chosen(ascending, np.array([30.0])).tolist() == list(range(20 - LEAST_CHOSEN, 20))
    assert chosen(ascending[:3], np.array([30.0])).tolist() == [0, 1, 2]


def test_without_a_wish_all_products_are_chosen() -> None:
    assert chosen(np.zeros((5, 0)), np.zeros(0)).tolist() == [0, 1, 2, 3, 4]
