"""Numbers by which made pictures differ."""

from __future__ import annotations

import numpy as np
import pytest

from engine.generation.quantities import (
    QUANTITIES,
    brightness,
    contrast,
    flare,
    mean_lab,
    redness,
    sleeves,
    tallness,
    yellowness,
)
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


def _dress(sleeve: int, hem: int = 0) -> np.ndarray:
    """A trunk of 40 × 80, as much wider at its hem as told, with sleeves of 10 that hang apart and down so far."""
    picture = np.full((128, 128, 3), 255, np.uint8)
    picture[20:100, 44:84] = 60
    picture[70:100, 44 - hem : 84 + hem] = 60
    for left in (30, 88):
        picture[20 : 20 + sleeve, left : left + 10] = 60
    if sleeve:
        picture[20:26, 30:98] = 60
    return picture


def test_longer_sleeves_are_more_of_them() -> None:
    none, short, long = (sleeves(_dress(reach)) for reach in (0, 20, 60))
    assert none == 0
    assert short == pytest.approx((2 * 10 * 20 + 2 * 4 * 6) / (40 * 80))
    assert long == pytest.approx((2 * 10 * 60 + 2 * 4 * 6) / (40 * 80))


def test_a_wide_hem_is_no_sleeve() -> None:
    assert sleeves(_dress(0, hem=25)) == 0
    assert sleeves(_dress(40, hem=25)) == sleeves(_dress(40))


def test_a_skirt_flares_and_a_funnel_does_the_contrary() -> None:
    skirt = np.full((128, 128, 3), 255, np.uint8)
    for row in range(80):
        skirt[20 + row, 60 - row // 2 : 68 + row // 2] = 60
    assert flare(skirt) > 1
    assert flare(skirt[::-1]) == pytest.approx(-flare(skirt), abs=0.05)
    assert flare(_box(80, 40)) == 0


def test_print_and_folds_are_contrast() -> None:
    plain = _box(80, 40)
    striped = plain.copy()
    striped[5:85:4] = (255, 120, 120)
    assert contrast(plain) < 1e-6
    assert contrast(striped) > 15


def test_a_picture_of_nothing_is_white_and_square() -> None:
    assert {name: measure(WHITE) for name, measure in QUANTITIES.items()} == {
        "brightness": 100,
        "redness": 0,
        "yellowness": 0,
        "tallness": 0,
        "presence": 0,
        "sleeves": 0,
        "flare": 0,
        "contrast": 0,
    }
