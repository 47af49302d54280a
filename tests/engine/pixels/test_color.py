import numpy as np
import pytest

from engine.pixels.color import blend, flatten, parse_hex


def test_a_hex_colour_is_read_in_either_case():
    assert parse_hex("#0aFf80") == (10, 255, 128)


@pytest.mark.parametrize("code", ["0aff80", "#fff", "#0aff8g", "#0aff800", "", "#0aff80\n"])
def test_another_spelling_is_refused(code):
    with pytest.raises(ValueError, match="#rrggbb"):
        parse_hex(code)


def test_blending_keeps_the_ends_exact_and_the_middle_between(photo_of):
    one, other = photo_of(9, 9, 1), photo_of(9, 9, 2)
    np.testing.assert_array_equal(blend(one, other, 0.0), one)
    np.testing.assert_array_equal(blend(one, other, 1.0), other)
    assert np.abs(blend(one, other, 0.25) - (one * 0.75 + other * 0.25)).max() <= 0.5


def test_blending_returns_a_new_array(photo_of):
    one = photo_of(3, 3)
    assert blend(one, one, 0.0) is not one


@pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan")])
def test_a_strength_out_of_range_is_refused(strength, photo_of):
    with pytest.raises(ValueError, match="strength"):
        blend(photo_of(2, 2), photo_of(2, 2), strength)


def test_pictures_of_two_shapes_do_not_blend(photo_of):
    with pytest.raises(ValueError, match="one shape"):
        blend(photo_of(2, 2), photo_of(2, 3), 0.5)


def test_flattening_weighs_by_alpha_exactly():
    rgba = np.zeros((1, 256, 4), np.uint8)
    rgba[0, :, :3] = 200
    rgba[0, :, 3] = np.arange(256)
    flat = flatten(rgba, (40, 0, 255))
    alpha = np.arange(256)[:, None] / 255
    expected = np.array([200, 200, 200]) * alpha + np.array([40, 0, 255]) * (1 - alpha)
    np.testing.assert_array_equal(flat[0], np.floor(expected + 0.5))
