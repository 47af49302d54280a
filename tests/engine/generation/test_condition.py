"""What a generator is told, as numbers."""

import numpy as np
import pytest

from engine.generation.attributes import Attributes, Color
from engine.generation.condition import (
    ASPECT_AT,
    COLORS_AT,
    CONDITION_LENGTH,
    MOST_CATEGORIES,
    PATTERN_AT,
    ConditionError,
    colors_of,
    condition_vector,
    generator_vectors,
    on_white,
    with_colors,
)
from engine.generation.latents import LATENT_LENGTH, draw

NAVY, WHITE = Color("navy", (31, 41, 77), 0.7), Color("white", (255, 255, 255), 0.3)
DRESS = Attributes("dress", (NAVY, WHITE), "striped", 1.5)
CATEGORIES = ("bag", "dress", "hat")


def test_category_and_pattern_are_one_hot_and_colours_lab():
    vector = condition_vector(DRESS, CATEGORIES)
    assert vector.shape == (CONDITION_LENGTH,)
    assert vector.dtype == np.float32
    assert vector[:MOST_CATEGORIES].tolist() == [0, 1] + [0] * 22
    assert vector[PATTERN_AT : PATTERN_AT + 4].tolist() == [0, 1, 0, 0]
    assert vector[ASPECT_AT] == pytest.approx(np.log(1.5))
    assert colors_of(vector)[1] == pytest.approx([100, 0, 0], abs=0.1)
    assert vector[PATTERN_AT - 1] == pytest.approx(0.3)


def test_what_is_nearly_white_is_told_darker_so_as_to_be_seen_on_white():
    yellow = Attributes("dress", (Color("yellow", (255, 255, 0), 1.0),), "plain", 1.5)
    told = np.stack([condition_vector(each, CATEGORIES) for each in (DRESS, yellow)])
    seen = on_white(told)
    assert colors_of(seen[0])[0] == pytest.approx(colors_of(told[0])[0])
    assert colors_of(seen[0])[1] == pytest.approx([90, 0, 0], abs=0.1)
    assert np.array_equal(seen[1], told[1])
    others = [place for place in range(CONDITION_LENGTH) if place != COLORS_AT + 3]
    assert np.array_equal(seen[0, others], told[0, others])


def test_a_single_colour_stands_in_for_the_second_with_no_share():
    vector = condition_vector(Attributes("hat", (NAVY,), "plain", 1.0), CATEGORIES)
    first, second = colors_of(vector)
    assert np.array_equal(first, second)
    assert vector[PATTERN_AT - 1] == 0


def test_other_colours_change_nothing_else():
    vector = condition_vector(DRESS, CATEGORIES)
    changed = with_colors(vector, np.array([[50, 60, 40], [20, 0, 0]]))
    assert colors_of(changed).tolist() == [[pytest.approx(v) for v in row] for row in ([50, 60, 40], [20, 0, 0])]
    others = np.ones(CONDITION_LENGTH, bool)
    others[MOST_CATEGORIES : MOST_CATEGORIES + 6] = False
    assert np.array_equal(changed[others], vector[others])


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        (Attributes("sofa", (NAVY,), "plain", 1.0), "no category 'sofa'; this generator knows bag, dress, hat"),
        (Attributes(None, (NAVY,), "plain", 1.0), "no category None"),
        (Attributes("hat", (NAVY,), None, 1.0), "no pattern None; there are plain"),
        (Attributes("hat", (), "plain", 1.0), "needs a colour"),
        (Attributes("hat", (NAVY,), "plain", None), "needs a colour and an aspect"),
    ],
)
def test_what_is_missing_or_unknown_is_named(attributes, said):
    with pytest.raises(ConditionError, match=said):
        condition_vector(attributes, CATEGORIES)


def test_a_latent_stands_before_its_condition():
    latents, condition = draw(5, 3), condition_vector(DRESS, CATEGORIES)
    shared = generator_vectors(latents, condition)
    assert shared.shape == (3, LATENT_LENGTH + CONDITION_LENGTH)
    assert shared.dtype == np.float32
    assert np.array_equal(shared[:, :LATENT_LENGTH], latents)
    assert all(np.array_equal(row, condition) for row in shared[:, LATENT_LENGTH:])
    own = generator_vectors(latents, np.stack([condition, condition + 1, condition]))
    assert np.array_equal(own[1, LATENT_LENGTH:], condition + 1)


@pytest.mark.parametrize(
    ("latents", "conditions"), [((2, 63), (36,)), ((64,), (36,)), ((2, 64), (3, 36)), ((2, 64), (35,))]
)
def test_latents_and_conditions_of_other_shapes_are_refused(latents, conditions):
    with pytest.raises(ConditionError, match=r"latents \[n,64\] and conditions \[36\] or \[n,36\], got"):
        generator_vectors(np.zeros(latents, np.float32), np.zeros(conditions, np.float32))
