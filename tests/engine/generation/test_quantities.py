"""Numbers by which made pictures differ."""

from __future__ import annotations

import numpy as np
import pytest

from engine.generation.quantities import QUANTITIES, brightness, mean_lab, redness, tallness, yellowness
from engine.quality.metrics import srgb_to_lab
from tests.engine.generation.discs import disc

WHITE = np.full((32, 32, 3), 255, np.uint8)


def _box(height: int, width: int) -> np.ndarray:
    picture = np.full((128, 128, 3), 255, np.uint8)
    picture[5 : 5 + height, 9 : 9 + width] = 60
    return picture


def test_a_products_colour_is_measured_without_its_ground() -> None:
    assert mean_lab(disc(20, (38, 90, 178))) == pytest.approx(srgb_to_lab(np.array([38, 90, 178], np.uint8)))
    assert brightness(disc(20, (30, 30, 30))) < brightness(disc(50, (90, 90, 90)))
    assert redness(disc(20, (200, 40, 40))) > 40 > 0 > redness(disc(20, (40, 150, 60)))
    assert yellowness(disc(20, (230, 210, 50))) > 40 > 0 > yellowness(disc(20, (30, 50, 180)))


@pytest.mark.parametrize(("height", "width"), [(80, 40), (10, 100), (7, 7), (1, 3)])
def test_tallness_is_that_of_the_box(height: int, width: int) -> None:
    assert tallness(_box(height, width)) == pytest.approx(np.log(height / width))


def test_a_picture_of_nothing_is_white_and_square() -> None:
    assert {name: measure(WHITE) for name, measure in QUANTITIES.items()} == {
        "brightness": 100,
        "redness": 0,
        "yellowness": 0,
        "tallness": 0,
        "presence": 0,
    }
