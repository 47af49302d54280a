"""What is measured of a cut-out product, and where it is put to be looked at."""

from __future__ import annotations

import numpy as np
import pytest

from engine.generation.attributes import Attributes
from engine.generation.cutouts import Cutout, without_specks
from engine.generation.description import describe
from engine.generation.placing import product_box

NAVY, GREEN = (31, 41, 77), (0, 255, 0)


def _cutout(height: int, width: int) -> Cutout:
    """A navy product with a white belt, up left in a part whose clear pixels are green."""
    colors = np.full((400, 300, 3), GREEN, np.uint8)
    alpha = np.zeros((400, 300), np.uint8)
    product = slice(20, 20 + height), slice(30, 30 + width)
    colors[product] = NAVY
    colors[20 + height // 2 : 20 + height // 2 + height // 5, 30 : 30 + width] = 250
    alpha[product] = 255
    return Cutout(colors, alpha, 0.97)


@pytest.mark.parametrize(("height", "width"), [(320, 160), (80, 40), (12, 6)])
def test_a_products_shape_and_colours_are_told_at_any_size(height: int, width: int) -> None:
    shown = describe(_cutout(height, width))
    assert shown.aspect == 2
    assert [color.name for color in shown.colors][:2] == ["navy", "white"]
    assert shown.colors[0].share == pytest.approx(0.8, abs=0.1)
    assert shown.pattern == "plain"


def test_what_is_shown_becomes_attributes_of_a_category_or_of_none() -> None:
    shown = describe(_cutout(320, 160))
    assert shown.attributes("dress") == Attributes("dress", shown.colors, "plain", 2.0)
    assert shown.attributes(None).category is None


def test_a_product_of_which_nothing_is_seen_is_refused() -> None:
    faint = Cutout(np.zeros((9, 9, 3), np.uint8), np.full((9, 9), 26, np.uint8), 0.5)
    with pytest.raises(ValueError, match="alpha is at most 26; needed: 27"):
        describe(faint)


def test_specks_do_not_widen_a_products_box() -> None:
    alpha = _cutout(320, 160).alpha
    alpha[390:394, 290:294] = 255
    assert product_box(alpha) == (slice(20, 394), slice(30, 294))
    assert product_box(without_specks(alpha)) == (slice(20, 340), slice(30, 190))


@pytest.mark.parametrize("every", [8, 20])
def test_a_brief_look_at_a_striped_product_finds_the_same(every: int) -> None:
    cutout = _cutout(320, 300)
    cutout.colors[20:340:every, 30:] = 250
    assert describe(cutout, briefly=True) == describe(cutout)
    assert describe(cutout).pattern == "striped"
