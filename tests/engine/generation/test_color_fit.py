"""How far the colours got are from those asked for."""

from __future__ import annotations

import numpy as np
import pytest

from engine.generation.attributes import Attributes
from engine.generation.color_fit import NOTHING_SEEN, color_difference
from engine.generation.condition import condition_vector
from engine.images import Floats
from tests.engine.generation.catalogue import color
from tests.engine.generation.discs import bars, disc

NAVY, WHITE, RED, GREEN = ((31, 41, 77), (248, 248, 246), (200, 34, 42), (46, 132, 72))


def _asked(*names: str, second: float = 0.4) -> Floats:
    shares = (1.0,) if len(names) == 1 else (1 - second, second)
    colors = tuple(color(name, share) for name, share in zip(names, shares, strict=True))
    return condition_vector(Attributes("hat", colors, "plain", 1.0), ("hat",))


def test_the_colour_that_was_asked_for_differs_by_nothing() -> None:
    assert color_difference(disc(40, NAVY), _asked("navy")) < 0.5
    assert color_difference(disc(40, WHITE), _asked("white")) < 0.5


def test_another_colour_differs_as_eyes_would_say() -> None:
    near, far = (color_difference(disc(40, NAVY), _asked(name)) for name in ("charcoal", "yellow"))
    assert 8 < near < 25
    assert far > 60


def test_folds_and_soles_have_no_say() -> None:
    shaded = disc(50, RED)
    shaded[64:80] = shaded[64:80] * 0.7
    soled = disc(50, RED)
    soled[96:114] = np.where(soled[96:114] < 250, 240, soled[96:114])
    assert color_difference(np.ascontiguousarray(shaded), _asked("red")) < 6
    assert color_difference(soled, _asked("red")) < 3


def test_two_colours_are_looked_for_each_by_itself() -> None:
    halves = disc(50, NAVY)
    halves[:, 64:] = np.where(halves[:, 64:] < 250, 246, halves[:, 64:])
    assert color_difference(halves, _asked("navy", "white")) < 2
    assert color_difference(halves, _asked("navy", "red")) > 15
    assert color_difference(disc(50, NAVY), _asked("navy", "white")) > 20


@pytest.mark.parametrize("period", [7, 12])
def test_narrow_checks_are_of_their_two_colours_and_not_of_the_one_between(period: int) -> None:
    checked = disc(50, (255, 136, 0)).astype(np.float64)
    band = (np.arange(128) % period < period * 0.4).astype(np.float64)
    share = (band[:, None] + band[None]) / 2
    inside = checked.sum(axis=2) < 740
    checked[inside] += share[inside][:, None] * (np.array([0, 51, 102]) - checked[inside])
    picture = checked.round().astype(np.uint8)
    assert color_difference(picture, _asked("orange", "navy")) < 15
    assert color_difference(picture, _asked("orange", "green")) > 15


@pytest.mark.parametrize("place", range(60, 66))
def test_a_thin_product_of_two_colours_is_seen_wherever_it_lies(place: int) -> None:
    picture = np.full((128, 128, 3), 255, np.uint8)
    picture[place : place + 2, 20:64] = NAVY
    picture[place : place + 2, 64:108] = RED
    assert color_difference(picture, _asked("navy", "red")) < 15


def test_a_second_colour_of_no_share_is_none() -> None:
    assert color_difference(disc(50, NAVY), _asked("navy", "white", second=0.0)) < 0.5


@pytest.mark.parametrize("picture", [disc(0, (255, 255, 255)), np.full((128, 128, 3), 255, np.uint8)])
def test_a_picture_of_nothing_has_no_colour(picture: np.ndarray) -> None:
    assert color_difference(picture, _asked("navy")) == NOTHING_SEEN


def test_thin_products_and_small_pictures_have_colours_too() -> None:
    assert color_difference(bars(14, GREEN), _asked("green")) < 12
    dot = np.full((128, 128, 3), 255, np.uint8)
    dot[60, 60] = RED
    assert np.isfinite(color_difference(dot, _asked("red")))
    assert color_difference(np.full((1, 1, 3), 40, np.uint8), _asked("charcoal")) < 40
