"""What is measured of a recoloured part: of made-up parts it is known."""

import numpy as np
import pytest

from engine.quality.metrics import delta_e2000, srgb_to_lab
from engine.quality.recoloring import reached, representative

GREY = (120, 120, 120)


def flat(color, side=40):
    return np.full((side, side, 3), color, np.uint8)


def lab(color):
    return tuple(float(value) for value in srgb_to_lab(np.array(color, np.uint8)))


def test_a_part_of_exactly_the_target_has_no_difference_whatever_is_around_it():
    after = flat(GREY)
    after[10:30, 10:30] = (200, 30, 40)
    weight = np.zeros((40, 40), np.uint8)
    weight[10:30, 10:30] = 255
    made = reached(flat(GREY), after, weight, lab((200, 30, 40)))
    assert (made.delta_e, made.mean_delta_e, made.p95_delta_e) == (0, 0, 0)
    assert made.lab == pytest.approx(lab((200, 30, 40)))


def test_the_lighter_half_represents_a_part_with_folds():
    after = flat((200, 30, 40))
    after[:18] = (90, 10, 20)
    made = reached(flat(GREY), after, np.full((40, 40), 255, np.uint8), lab((200, 30, 40)))
    fold = float(delta_e2000(np.array(lab((90, 10, 20))), np.array(lab((200, 30, 40)))))
    assert made.delta_e == 0
    assert made.mean_delta_e == pytest.approx(0.45 * fold)
    assert made.p95_delta_e == pytest.approx(fold)


def test_the_median_of_the_lighter_half_is_not_moved_by_a_few_pixels():
    pixels = np.array([[10.0, 0, 0]] * 4 + [[50.0, 5, 5]] * 5 + [[99.0, 0, 0]])
    assert representative(pixels).tolist() == [50, 5, 5]


def test_texture_is_kept_by_another_colour_and_lost_by_another_pattern():
    random = np.random.default_rng(2)
    grain = random.integers(60, 120, (40, 40, 1))
    before = np.repeat(grain, 3, axis=2).astype(np.uint8)
    weight = np.full((40, 40), 255, np.uint8)
    brighter = (before + 60).astype(np.uint8)
    assert reached(before, brighter, weight, lab(GREY)).texture > 0.99
    other = np.repeat(random.integers(60, 120, (40, 40, 1)), 3, axis=2).astype(np.uint8)
    assert abs(reached(before, other, weight, lab(GREY)).texture) < 0.2


def test_a_part_made_flat_lost_its_texture_and_a_flat_one_had_none():
    weight = np.full((40, 40), 255, np.uint8)
    grain = np.repeat(np.random.default_rng(2).integers(60, 120, (40, 40, 1)), 3, axis=2).astype(np.uint8)
    assert reached(grain, flat(GREY), weight, lab(GREY)).texture == 0
    assert reached(flat(GREY), grain, weight, lab(GREY)).texture == 1


def test_nothing_recoloured_cannot_be_measured():
    with pytest.raises(ValueError, match="0 everywhere"):
        reached(flat(GREY), flat(GREY), np.zeros((40, 40), np.uint8), lab(GREY))
