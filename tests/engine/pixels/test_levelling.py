import cv2
import numpy as np
import pytest

from engine.pixels.levelling import product_tilt

SIDE = 400


def turned(matte, degrees):
    """Clockwise, as one sees it."""
    return cv2.warpAffine(matte, cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), -degrees, 1), (SIDE, SIDE))


def drawn(*points):
    matte = np.zeros((SIDE, SIDE), np.uint8)
    cv2.fillPoly(matte, [np.array(points, np.int32)], 255, cv2.LINE_AA)
    return matte


SHIRT = drawn(
    (150, 100), (180, 110), (220, 110), (250, 100), (320, 170), (290, 200), (260, 170),
    (260, 310), (140, 310), (140, 170), (110, 200), (80, 170),
)  # fmt: skip
BOX = drawn((130, 90), (270, 90), (270, 320), (130, 320))
LYING_BOTTLE = drawn((60, 180), (230, 180), (260, 195), (330, 195), (330, 215), (260, 215), (230, 230), (60, 230))
BOOT = drawn((100, 90), (180, 90), (185, 210), (310, 260), (318, 300), (310, 310), (100, 310))


@pytest.mark.parametrize("angle", [-18, -7.5, 0, 3, 12])
@pytest.mark.parametrize("product", [SHIRT, BOX, LYING_BOTTLE], ids=["shirt", "box", "bottle"])
def test_a_symmetric_product_s_tilt_is_seen(product, angle):
    tilt = product_tilt(turned(product, angle))
    assert tilt.plain
    assert abs(tilt.angle - angle) <= 0.75


@pytest.mark.parametrize("angle", [-12, 5])
def test_what_has_no_axis_is_known_by_the_line_that_it_stands_on(angle):
    tilt = product_tilt(turned(BOOT, angle))
    assert tilt.plain
    assert tilt.evidence in {"sides", "base"}
    assert abs(tilt.angle - angle) <= 1.5


def test_a_line_over_a_gap_is_no_base():
    """A sweater whose one sleeve hangs lower than its hem: its hull has a long edge from the one to the other."""
    sweater = drawn(
        (120, 90), (240, 90), (330, 120), (320, 145), (240, 135), (240, 250),
        (150, 250), (150, 150), (110, 290), (70, 284), (95, 110),
    )  # fmt: skip
    assert not product_tilt(sweater).plain


def test_a_round_product_says_nothing():
    matte = np.zeros((SIDE, SIDE), np.uint8)
    cv2.circle(matte, (200, 200), 130, 255, -1, cv2.LINE_AA)
    assert not product_tilt(matte).plain


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_a_shapeless_product_says_nothing_wherever_the_picture_cuts_it_off(seed):
    noise = np.random.default_rng(seed).normal(size=(7, 7)).astype(np.float32)
    blob = np.asarray(cv2.resize(noise, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) > 0.4, np.uint8) * 255
    assert not product_tilt(blob).plain


def test_what_is_tilted_by_more_than_twenty_degrees_was_meant_so():
    assert not product_tilt(turned(SHIRT, 33)).plain


@pytest.mark.parametrize("matte", [np.zeros((50, 60), np.uint8), np.full((3, 3), 255, np.uint8)])
def test_where_next_to_nothing_is_seen_nothing_is_said(matte):
    tilt = product_tilt(matte)
    assert (tilt.confidence, tilt.evidence) == (0, "none")


def test_the_picture_s_size_does_not_matter():
    large = cv2.resize(turned(SHIRT, 6), (1600, 1600), interpolation=cv2.INTER_CUBIC)
    assert abs(product_tilt(large).angle - 6) <= 0.75
