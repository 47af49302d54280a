from itertools import combinations

import numpy as np
import pytest

from engine.generation.color_names import COLORS, color_called, nearest_color
from engine.quality.metrics import delta_e2000, srgb_to_lab


def test_every_named_colour_is_nearest_to_itself():
    assert [nearest_color(color.srgb) for color in COLORS] == list(COLORS)


def test_no_two_names_stand_for_colours_that_a_customer_would_take_for_one():
    labs = {color.name: srgb_to_lab(np.array(color.srgb, np.uint8)) for color in COLORS}
    closest = min((float(delta_e2000(labs[a], labs[b])), a, b) for a, b in combinations(labs, 2))
    assert closest[0] > 7, closest


@pytest.mark.parametrize(
    ("srgb", "name"),
    [
        ((0, 0, 0), "black"), ((255, 255, 255), "white"), ((128, 128, 128), "grey"), ((0, 0, 128), "navy"),
        ((255, 0, 0), "red"), ((0, 0, 255), "blue"), ((255, 165, 0), "orange"), ((128, 0, 32), "burgundy"),
        ((0, 128, 128), "teal"), ((255, 192, 203), "pink"), ((128, 0, 128), "purple"), ((31, 42, 77), "navy"),
        ((47, 79, 47), "forest"), ((64, 48, 38), "brown"), ((225, 225, 225), "silver"), ((255, 255, 0), "yellow"),
        ((128, 0, 0), "burgundy"), ((0, 100, 0), "forest"), ((75, 0, 130), "purple"), ((230, 230, 250), "lilac"),
        ((191, 255, 0), "green"), ((24, 24, 112), "navy"), ((211, 211, 211), "silver"),
    ],
)  # fmt: skip
def test_well_known_values_get_the_name_a_person_gives_them(srgb, name):
    assert nearest_color(srgb).name == name


def test_arrays_of_a_measurement_are_taken_as_well():
    assert nearest_color(np.array([31, 41, 77], np.uint8)).name == "navy"


def test_a_colour_is_found_by_its_own_name_only():
    assert color_called(" Navy ") is nearest_color((31, 41, 77))
    assert color_called("navi") is None


@pytest.mark.parametrize("srgb", [(0, 0), (0, 0, 256), (-1, 0, 0), (0.5, 0, 0), (0, 0, 0, 255)])
def test_what_is_no_srgb_value_is_refused_with_the_value(srgb):
    with pytest.raises(ValueError, match=r"0\.\.255, got"):
        nearest_color(srgb)
