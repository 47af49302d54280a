import cv2
import numpy as np
import pytest

from engine.pixels.placing import SEEN, Bounds, Frame, moved, place, product_bounds


@pytest.fixture
def blob():
    """A soft ellipse, 60 × 100 px about (70.5, 90)."""
    matte = np.zeros((200, 160), np.uint8)
    cv2.ellipse(matte, (70, 90), (30, 50), 0, 0, 360, 255, -1)
    return cv2.GaussianBlur(matte, (0, 0), 1.2)


def rgba(matte, color=(180, 40, 90)):
    pixels = np.zeros((*matte.shape, 4), np.uint8)
    pixels[..., :3] = color
    pixels[..., 3] = matte
    return pixels


def test_bounds_are_where_the_matte_crosses_the_outline_to_fractions_of_a_pixel():
    matte = np.zeros((20, 30), np.uint8)
    matte[5:15, 10:20] = 255
    matte[5:15, 20] = 128
    bounds = product_bounds(matte)
    level = SEEN / 255
    assert bounds.left == pytest.approx(9.5 + level, abs=0.05)
    assert bounds.right == pytest.approx(20.5 + (128 - SEEN) / 128, abs=0.15)
    assert (bounds.top, bounds.bottom) == pytest.approx((4.5 + level, 15.5 - level), abs=0.05)
    assert bounds.cut == ()


def test_specks_and_veils_do_not_widen_the_bounds(blob):
    clean = product_bounds(blob)
    blob[3, 3] = 255
    blob[190:, 150:] = SEEN - 1
    assert product_bounds(blob) == clean


def test_a_second_shoe_does(blob):
    pair = np.hstack([blob, blob])
    assert product_bounds(pair).width == pytest.approx(160 + product_bounds(blob).width)


def test_a_matte_without_a_product_is_refused_with_its_greatest_value():
    with pytest.raises(ValueError, match="at most 9; needed: 65"):
        product_bounds(np.full((4, 4), 9, np.uint8))


@pytest.mark.parametrize("fill", [0.3, 0.85, 1.0])
@pytest.mark.parametrize("frame", [(500, 500), (300, 900), (97, 61)])
def test_the_product_fills_what_was_asked_to_a_pixel(blob, frame, fill):
    bounds = product_bounds(blob)
    placement = place(160, 200, bounds, Frame(*frame, fill=fill))
    assert placement.fill == pytest.approx(fill)
    seen = product_bounds(moved(blob[..., None], placement)[..., 0])
    assert np.allclose(seen[:4], placement.bounds[:4], atol=1)
    assert (seen.left + seen.right) / 2 == pytest.approx(frame[0] / 2, abs=1)
    assert (seen.top + seen.bottom) / 2 == pytest.approx(frame[1] / 2, abs=1)


def test_the_motion_takes_old_coordinates_to_new_ones(blob):
    placement = place(160, 200, product_bounds(blob), Frame(500, 400, fill=0.7))
    x, y, one = placement.motion @ (70.5, 90.5, 1)
    found = cv2.moments(moved(blob[..., None], placement)[..., 0])
    assert one == 1
    assert found["m10"] / found["m00"] + 0.5 == pytest.approx(x, abs=0.1)
    assert found["m01"] / found["m00"] + 0.5 == pytest.approx(y, abs=0.1)


def test_in_its_own_frame_a_product_without_fill_stays(blob):
    placement = place(160, 200, product_bounds(blob), Frame(160, 200))
    assert placement.keeps(160, 200)
    assert np.array_equal(moved(rgba(blob), placement), rgba(blob))


def test_in_another_frame_it_stays_in_its_picture_which_is_scaled_to_lie_within(blob):
    placement = place(160, 200, product_bounds(blob), Frame(800, 400))
    assert (placement.scale, placement.across, placement.down) == pytest.approx((2, 240, 0))


def test_a_product_that_keeps_its_size_keeps_its_bytes(blob):
    pixels = rgba(blob)
    pixels[..., :3] = np.random.default_rng(3).integers(0, 256, (200, 160, 3))
    placement = place(160, 200, product_bounds(blob), Frame(160, 200, anchor="center"))
    result = moved(pixels, placement)
    shift = int(placement.across), int(placement.down)
    assert placement.scale == 1
    assert shift == (10, 10)
    assert np.array_equal(
        result[20:150, 30:120], pixels[20 - shift[1] : 150 - shift[1], 30 - shift[0] : 120 - shift[0]]
    )


def test_at_the_bottom_a_product_stands_above_the_margin_or_in_half_of_what_is_free(blob):
    bounds = product_bounds(blob)
    low = place(160, 200, bounds, Frame(1000, 1000, fill=0.5, anchor="bottom", margin=0.1))
    assert low.bounds.bottom == pytest.approx(900)
    tall = place(160, 200, bounds, Frame(1000, 1000, fill=0.9, anchor="bottom", margin=0.1))
    assert tall.bounds.bottom == pytest.approx(950)


def test_a_product_that_the_photo_cuts_off_at_the_bottom_stands_on_the_frames(blob):
    worn = blob[:100]
    bounds = product_bounds(worn)
    placement = place(160, 100, bounds, Frame(600, 600, fill=0.5))
    assert bounds.cut == ("bottom",)
    assert placement.bounds.bottom == pytest.approx(600)
    assert placement.exposed == ()
    assert moved(rgba(worn), placement)[-1, 300, 3] == 255


def test_a_product_that_is_cut_off_at_both_sides_spans_the_frame_if_it_fits(blob):
    close = blob[60:120]
    bounds = product_bounds(close)
    wide = place(160, 60, bounds, Frame(1200, 600, fill=0.5))
    assert (wide.bounds.top, wide.bounds.bottom) == pytest.approx((0, 600))
    narrow = place(160, 60, bounds, Frame(300, 600, fill=0.5))
    assert narrow.fill == pytest.approx(0.5)
    assert narrow.exposed == ("top", "bottom")


def test_a_toe_that_touches_the_border_is_not_cut_off(blob):
    columns = np.flatnonzero(blob.max(axis=0) > SEEN)
    bounds = product_bounds(blob[:, columns[0] + 1 :])
    assert bounds.left == 0
    assert product_bounds(blob[:, columns[0] + 15 :]).cut == ("left",)
    thin = blob.copy()
    thin[88:92, :60] = 255
    assert product_bounds(thin).cut == ()


@pytest.mark.parametrize("fill", [0.0, 1.01, -0.5])
def test_a_fill_ratio_that_no_frame_has_is_refused(fill):
    with pytest.raises(ValueError, match="fill ratio"):
        place(100, 100, Bounds(10, 10, 50, 50), Frame(100, 100, fill=fill))


def test_bounds_without_extent_are_refused():
    with pytest.raises(ValueError, match="0 × 40"):
        place(100, 100, Bounds(10, 10, 10, 50), Frame(100, 100))
