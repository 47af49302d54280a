import cv2
import numpy as np
import pytest

from engine.pixels.parts import product_share, tidy

RED, GREEN = (200, 40, 40), (60, 150, 70)


@pytest.fixture
def shirt():
    """A red square of 120 px on green, with its matte."""
    matte = np.zeros((256, 256), np.float32)
    matte[60:180, 60:180] = 1
    return paint(matte), matte


def paint(matte):
    return np.where(matte[..., None] > 0.5, RED, GREEN).astype(np.uint8)


def test_a_clean_matte_stays_as_it_is(shirt):
    image, matte = shirt
    soft = cv2.GaussianBlur(matte, (0, 0), 1.2)
    assert np.abs(tidy(soft, image) - soft).max() < 0.02


def test_a_far_island_goes_and_a_second_shoe_stays(shirt):
    _, matte = shirt
    matte[100:180, 200:240] = 1
    matte[10:16, 10:16] = 1
    tidied = tidy(matte, paint(matte))
    assert tidied[:30].max() == 0
    assert (tidied[105:175, 205:235] == 1).all()


def test_a_part_that_looks_like_the_floor_around_it_goes(shirt):
    image, matte = shirt
    floor = image.copy()
    matte[200:240, 60:110] = 1
    floor[200:240, 60:110] = (66, 156, 76)
    tidied = tidy(matte, floor)
    assert tidied[195:].max() == 0
    assert (tidied[65:175, 65:175] == 1).all()


def test_the_end_of_a_strap_beside_the_product_stays(shirt):
    _, matte = shirt
    matte[54:57, 100:140] = 1
    assert (tidy(matte, paint(matte))[55, 105:135] == 1).all()


def test_a_hole_that_shows_the_background_stays_cut(shirt):
    _, matte = shirt
    matte[100:110, 100:110] = 0
    assert (tidy(matte, paint(matte))[102:108, 102:108] == 0).all()


def test_a_hole_of_the_products_colour_is_filled(shirt):
    image, matte = shirt
    matte[100:110, 100:110] = 0
    assert (tidy(matte, image)[95:115, 95:115] == 1).all()


def test_a_hole_of_a_colour_that_is_nowhere_in_the_background_is_a_print(shirt):
    image, matte = shirt
    matte[100:110, 100:110] = 0
    printed = image.copy()
    printed[100:110, 100:110] = (230, 235, 250)
    assert (tidy(matte, printed)[95:115, 95:115] == 1).all()


def test_a_hole_in_the_shade_stays_cut(shirt):
    _, matte = shirt
    matte[100:110, 100:110] = 0
    shaded = paint(matte)
    shaded[100:110, 100:110] = (42, 105, 49)
    assert (tidy(matte, shaded)[102:108, 102:108] == 0).all()


def test_a_speck_of_a_hole_is_filled_and_a_large_one_never(shirt):
    image, matte = shirt
    matte[80, 80] = 0
    matte[100:150, 100:150] = 0
    tidied = tidy(matte, image)
    assert tidied[80, 80] == 1
    assert (tidied[105:145, 105:145] == 0).all()


def test_a_half_certain_plain_is_decided_and_a_soft_edge_is_not(shirt):
    image, matte = shirt
    matte[90:150, 90:150] = 0.7
    assert tidy(matte, image)[100:140, 100:140].min() == 1


def test_a_half_certain_print_deep_in_the_product_is_opaque(shirt):
    image, matte = shirt
    matte[100:108, 80:140] = 0.55
    assert tidy(matte, image)[70:170, 70:170].min() == 1


def test_a_half_certain_slit_that_shows_the_ground_is_left_open(shirt):
    image, matte = shirt
    matte[90:150, 130:133] = 0.6
    slit = image.copy()
    slit[90:150, 130:133] = (58, 144, 66)
    assert tidy(matte, slit)[95:145, 130:133].max() < 0.95


@pytest.mark.parametrize("value", [0.0, 1.0])
@pytest.mark.parametrize("shape", [(1, 1), (2, 3)])
def test_a_matte_of_one_value_and_hardly_any_pixels_is_answered(shape, value):
    matte = np.full(shape, value, np.float32)
    assert np.array_equal(tidy(matte, np.zeros((*shape, 3), np.uint8)), matte)


def test_the_products_share_counts_what_is_more_product_than_not(shirt):
    assert product_share(shirt[1]) == pytest.approx(120**2 / 256**2)
