from __future__ import annotations

import numpy as np
import pytest

from engine.generation.dominant import dominant_colors


def _pixels(*parts: tuple[tuple[int, int, int], int]) -> np.ndarray:
    noise = np.random.default_rng(1).integers(-4, 5, (sum(count for _, count in parts), 3))
    flat = np.concatenate([np.tile(np.array(color), (count, 1)) for color, count in parts])
    return np.clip(flat + noise, 0, 255).astype(np.uint8)


def test_the_main_colour_comes_first_and_shares_are_of_all_pixels() -> None:
    colors = dominant_colors(_pixels(((250, 250, 250), 300), ((25, 32, 70), 700)), plain=False)
    assert [color.name for color in colors] == ["navy", "white"]
    assert [color.share for color in colors] == pytest.approx([0.7, 0.3], abs=0.01)


def test_a_plain_products_folds_are_no_second_colour() -> None:
    cloth = _pixels(((200, 30, 40), 600), ((160, 22, 30), 300), ((130, 16, 24), 100))
    colors = dominant_colors(cloth, plain=True)
    assert [color.name for color in colors] == ["red"]
    assert colors[0].share == 1.0


def test_a_colours_value_is_that_of_its_lit_part() -> None:
    colors = dominant_colors(_pixels(((245, 245, 245), 600), ((190, 190, 190), 400)), plain=True)
    assert colors[0].name == "white"
    assert min(colors[0].srgb) > 235


def test_black_and_white_of_a_plain_product_stay_two_colours() -> None:
    colors = dominant_colors(_pixels(((245, 245, 245), 600), ((20, 20, 20), 400)), plain=True)
    assert [color.name for color in colors] == ["white", "black"]


def test_a_trace_of_a_colour_is_left_out() -> None:
    colors = dominant_colors(_pixels(((20, 20, 20), 980), ((220, 30, 40), 20)), plain=False)
    assert [color.name for color in colors] == ["black"]


def test_one_pixel_has_one_colour() -> None:
    colors = dominant_colors(np.array([[38, 90, 178]], np.uint8), plain=True)
    assert [(color.name, color.srgb, color.share) for color in colors] == [("blue", (38, 90, 178), 1.0)]


def test_the_same_pixels_have_the_same_colours_every_time() -> None:
    cloth = np.random.default_rng(3).integers(0, 256, (9000, 3)).astype(np.uint8)
    assert dominant_colors(cloth, plain=False) == dominant_colors(cloth, plain=False)
