from __future__ import annotations

import numpy as np
import pytest

from engine.generation.cutouts import Cutout
from engine.training.catalogue.centring import centre
from engine.training.catalogue.errors import UnfitError


def _cutout(height: int = 120, width: int = 60) -> Cutout:
    """A red product up left in a part whose clear pixels are green."""
    colors = np.full((200, 200, 3), (0, 255, 0), np.uint8)
    alpha = np.zeros((200, 200), np.uint8)
    colors[10 : 10 + height, 20 : 20 + width] = (200, 0, 0)
    alpha[10 : 10 + height, 20 : 20 + width] = 255
    return Cutout(colors, alpha, 1.0)


@pytest.mark.parametrize("size_px", [64, 99, 128])
def test_the_product_lies_in_the_middle_and_is_nine_tenths_as_long_as_the_square(size_px: int) -> None:
    centred = centre(_cutout(), size_px)
    rows, columns = (np.flatnonzero((centred.matte > 0.5).any(axis=axis)) for axis in (1, 0))
    assert len(rows) == pytest.approx(0.9 * size_px, abs=1)
    assert len(columns) == pytest.approx(0.45 * size_px, abs=1)
    for taken in (rows, columns):
        assert abs(int(taken[0]) - (size_px - 1 - int(taken[-1]))) <= 1


def test_everything_but_the_product_is_white_to_the_last_bit() -> None:
    centred = centre(_cutout(), 100)
    assert (centred.image[centred.matte == 0] == 255).all()


def test_no_colour_of_a_clear_pixel_comes_into_the_edge() -> None:
    image = centre(_cutout(117, 59), 64).image.astype(int)
    assert (image[..., 1] <= image[..., 0]).all()


def test_the_aspect_is_height_by_width() -> None:
    assert centre(_cutout(120, 60), 64).aspect == 2.0


def test_a_product_that_would_be_blurred_by_enlarging_is_unfit() -> None:
    with pytest.raises(UnfitError, match="120 px long; needed: 154 px") as unfit:
        centre(_cutout(), 256)
    assert unfit.value.reason == "too-small"
