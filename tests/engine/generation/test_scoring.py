"""What is measured on a made picture's pixels."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.generation.scoring import SCORES, cleanness, clearance, presence, sharpness
from engine.images import Image
from tests.engine.generation.discs import bars, blurred, disc

WHITE = np.full((128, 128, 3), 255, np.uint8)


def test_a_products_presence_is_its_share_of_the_picture() -> None:
    assert presence(disc(40)) == pytest.approx(np.pi * 40**2 / 128**2, rel=0.02)
    assert presence(WHITE) == 0
    assert presence(np.zeros((8, 8, 3), np.uint8)) == 1


@pytest.mark.parametrize("picture", [disc(40), bars(3), disc(50, (160, 160, 160))])
def test_a_picture_loses_sharpness_with_every_blur(picture: Image) -> None:
    scores = [sharpness(picture), *(sharpness(blurred(picture, sigma)) for sigma in (0.7, 1, 1.5, 2, 4))]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 0.5
    assert scores[-1] < 0.1


def test_contrast_and_number_of_edges_are_no_sharpness() -> None:
    assert sharpness(disc(40, (200, 200, 200))) == pytest.approx(sharpness(disc(40, (20, 20, 20))), abs=0.02)
    assert sharpness(bars(2)) == pytest.approx(sharpness(bars(4)), abs=0.02)


def test_faint_grain_does_not_make_a_soft_picture_sharp() -> None:
    soft = blurred(disc(40, (90, 90, 90)), 2)
    grainy = soft.copy()
    grainy[24:104:2, 24:104:2] -= 4
    assert sharpness(grainy) < sharpness(soft) + 0.1


def test_a_larger_picture_with_as_soft_edges_for_its_size_is_as_sharp() -> None:
    small = blurred(disc(40), 1.5)
    large = np.asarray(cv2.resize(small, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC), np.uint8)
    assert sharpness(large) == pytest.approx(sharpness(small), rel=0.25)


def test_a_picture_without_edges_is_not_sharp() -> None:
    assert sharpness(WHITE) == 0


def test_a_haze_in_the_margin_is_unclean_by_its_share_and_one_inside_is_not() -> None:
    assert cleanness(disc(40)) == 1
    hazy = disc(40)
    hazy[:3, :] = 240
    assert cleanness(hazy) == pytest.approx(1 - 3 * 128 / (128**2 - 118**2))
    inside = disc(40)
    inside[20:100, 20:100] = 240
    assert cleanness(inside) == 1


@pytest.mark.parametrize("turn", range(4))
def test_a_product_is_clear_of_the_border_but_for_the_share_of_it_that_touches(turn: int) -> None:
    picture = WHITE.copy()
    picture[:100, 20:60] = 0
    picture[50:100, 20:100] = 0
    assert clearance(np.rot90(picture, turn)) == pytest.approx(0.5)
    assert clearance(disc(60)) == 1


@pytest.mark.parametrize("name", SCORES)
@settings(max_examples=20)
@given(
    st.integers(1, 20), st.integers(1, 20), st.integers(0, 2**32 - 1), st.sampled_from([(0, 256), (245, 256), (0, 1)])
)
def test_every_score_of_any_picture_is_of_0_to_1(
    name: str, height: int, width: int, seed: int, values: tuple[int, int]
) -> None:
    picture = np.random.default_rng(seed).integers(*values, (height, width, 3)).astype(np.uint8)
    assert 0 <= SCORES[name](picture) <= 1
