"""Directions among latents, found on quantities that are made up and on pictures that are drawn."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.generation.directions import Directions, find_directions
from engine.generation.latents import LATENT_LENGTH, draw
from engine.generation.quantities import QUANTITIES
from engine.images import Floats, Image

LATENTS = draw(5, 600)


def _ways(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 1, (count, LATENT_LENGTH)) / np.sqrt(LATENT_LENGTH)


def _noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 1, len(LATENTS))


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.01, 1000), st.floats(-500, 500), st.floats(-3, 3))
def test_what_is_linear_moves_by_as_many_deviations_as_asked(
    seed: int, scale: float, offset: float, step: float
) -> None:
    ways, latents = _ways(2, seed), LATENTS[:150]
    values = scale * latents @ ways.T + offset
    directions = find_directions(latents, {"a": values[:, 0], "b": values[:, 1]})
    assert directions.explained == pytest.approx([1, 1])
    assert directions.deviations == pytest.approx(values.std(axis=0))
    moved = scale * directions.moved(latents, {"a": step}) @ ways.T + offset
    assert (moved - values)[:, 0] / values[:, 0].std() == pytest.approx(np.full(150, step), abs=1e-3)
    assert (moved - values)[:, 1] / values[:, 1].std() == pytest.approx(np.zeros(150), abs=1e-3)


def test_a_direction_is_found_under_noise_and_its_share_is_told() -> None:
    (way,) = _ways(1, 3)
    way /= np.linalg.norm(way)
    directions = find_directions(LATENTS, {"brightness": LATENTS @ way + _noise(1)})
    assert directions.explained[0] == pytest.approx(0.5, abs=0.08)
    slope = directions.slopes[0] / np.linalg.norm(directions.slopes[0])
    assert slope @ way > 0.9


def test_what_latents_say_nothing_of_has_no_direction() -> None:
    (way,) = _ways(1, 3)
    directions = find_directions(LATENTS, {"sleeves": _noise(2), "length": LATENTS @ way})
    assert abs(directions.explained[0]) < 0.1
    assert directions.found == ("length",)
    with pytest.raises(ValueError, match="no direction is known for 'sleeves'; found are length"):
        directions.moved(LATENTS, {"sleeves": 1.0})
    alone = find_directions(LATENTS, {"length": LATENTS @ way})
    assert np.array_equal(directions.moved(LATENTS, {"length": 1.0}), alone.moved(LATENTS, {"length": 1.0}))


def test_where_nothing_is_found_latents_stay() -> None:
    directions = find_directions(LATENTS, {"sleeves": _noise(2)})
    assert directions.found == ()
    assert np.array_equal(directions.moved(LATENTS, {}), LATENTS)
    with pytest.raises(ValueError, match="'sleeves'; found are none"):
        directions.moved(LATENTS, {"sleeves": 1.0})


def test_no_step_moves_nothing_and_steps_add_up() -> None:
    values = LATENTS @ _ways(2, 8).T
    directions = find_directions(LATENTS, {"a": values[:, 0], "b": values[:, 1]})
    assert np.array_equal(directions.moved(LATENTS, {}), LATENTS)
    both = directions.moved(LATENTS[0], {"a": 1.0, "b": -0.5})
    parted = directions.moved(directions.moved(LATENTS[0], {"a": 1.0}), {"b": -0.5})
    assert both == pytest.approx(parted, abs=1e-5)


def _drawn(latents: Floats) -> Image:
    """Ellipses whose grey, height and width follow from three places of a latent, and little else from the rest."""
    pictures = np.full((len(latents), 64, 64, 3), 255, np.uint8)
    for picture, latent in zip(pictures, latents, strict=True):
        grey = int(np.clip(120 + 35 * latent[4], 5, 230))
        axes = tuple(int(np.clip(16 * np.exp(0.25 * latent[place]), 3, 31)) for place in (7, 20))
        cv2.ellipse(picture, (32, 32), axes, 0, 0, 360, (grey, grey, grey), -1)
    return pictures


def _measured(pictures: Image) -> dict[str, np.ndarray]:
    return {name: np.array([QUANTITIES[name](each) for each in pictures]) for name in ("brightness", "tallness")}


@pytest.fixture(scope="module")
def directions() -> Directions:
    return find_directions(LATENTS, _measured(_drawn(LATENTS)))


@pytest.mark.parametrize(("name", "other"), [("brightness", "tallness"), ("tallness", "brightness")])
def test_pictures_change_in_what_was_asked_and_not_in_the_rest(directions: Directions, name: str, other: str) -> None:
    assert directions.found == ("brightness", "tallness")
    before, latents = _measured(_drawn(LATENTS[:100])), LATENTS[:100]
    after = _measured(_drawn(directions.moved(latents, {name: 1.0})))
    change = {each: (after[each] - before[each]) / before[each].std() for each in before}
    assert change[name].mean() == pytest.approx(1, abs=0.25)
    assert abs(change[other].mean()) < 0.1


@pytest.mark.parametrize(
    ("measured", "said"),
    [
        ({"a": np.ones(600)}, "a is 1 in every picture"),
        ({"a": np.zeros(600)}, "a is 0 in every picture"),
        ({"a": np.ones(599)}, "a is 600 finite numbers"),
        ({"a": np.full(600, np.nan)}, "a is 600 finite numbers"),
        ({"a": LATENTS[:, 0], "b": 2 * LATENTS[:, 0] + 0.01 * LATENTS[:, 1]}, "do not tell a, b apart"),
        ({"a": LATENTS[:, 0], "b": LATENTS[:, 1], "c": LATENTS[:, :2].sum(axis=1)}, "do not tell a, b, c apart"),
    ],
)
def test_measures_without_a_direction_of_their_own_are_refused(measured: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        find_directions(LATENTS, measured)


def test_too_few_pictures_are_refused() -> None:
    with pytest.raises(ValueError, match="more than 65 pictures are needed for latents of 64 values, got 65"):
        find_directions(LATENTS[:65], {"a": _noise(1)[:65]})
