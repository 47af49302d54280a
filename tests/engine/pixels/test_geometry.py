import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.pixels.geometry import (
    Box,
    aspect_box,
    centre_box,
    contain_size,
    cover_size,
    crop,
    resize,
    rotate,
)

WHITE = (255, 255, 255)
sides = st.integers(1, 5000)


def test_shrinking_averages_the_whole_area_and_does_not_alias():
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    assert np.abs(resize(stripes, 8, 8)[1:-1, 1:-1].astype(int) - 127.5).max() < 2


def test_resizing_to_the_same_size_returns_an_equal_copy(photo_of):
    photo = photo_of(5, 7)
    copy = resize(photo, 7, 5)
    np.testing.assert_array_equal(copy, photo)
    assert copy is not photo


def test_an_invisible_colour_does_not_bleed_into_an_edge():
    rgba = np.zeros((16, 16, 4), np.uint8)
    rgba[:, :8] = (255, 0, 0, 255)
    rgba[:, 8:] = (0, 255, 0, 0)
    for changed in (resize(rgba, 5, 5), rotate(rgba, 30, expand=True, fill=WHITE)):
        visible = changed[..., 3] > 32
        assert changed[visible][:, 1].max() <= 4
        assert changed[visible][:, 0].min() >= 250


@pytest.mark.parametrize("size", [(0, 5), (5, -1)])
def test_a_size_below_one_pixel_is_refused(size, photo_of):
    with pytest.raises(ValueError, match="at least 1 × 1"):
        resize(photo_of(3, 3), *size)


def test_a_crop_is_a_copy_of_what_lies_inside(photo_of):
    photo = photo_of(9, 9)
    part = crop(photo, Box(2, 3, 4, 5))
    np.testing.assert_array_equal(part, photo[3:8, 2:6])
    assert part.base is None


@pytest.mark.parametrize("box", [Box(-1, 0, 3, 3), Box(0, 0, 10, 3), Box(7, 0, 3, 3), Box(0, 0, 0, 3)])
def test_a_box_that_leaves_the_image_is_refused(box, photo_of):
    with pytest.raises(ValueError, match="leaves the image of 9 × 9"):
        crop(photo_of(9, 9), box)


@given(sides, sides, st.integers(1, 50), st.integers(1, 50))
def test_an_aspect_box_lies_inside_centred_and_cannot_grow(width, height, across, down):
    box = aspect_box(width, height, across, down)
    assert box.x >= 0
    assert box.x + box.width <= width
    assert box.y + box.height <= height
    assert box.width == width or box.height == height
    assert abs(2 * box.x + box.width - width) <= 1
    assert abs(2 * box.y + box.height - height) <= 1


@given(sides, sides, sides, sides)
def test_contained_lies_inside_the_box_and_covering_covers_it(width, height, box_width, box_height):
    inside = contain_size(width, height, box_width, box_height)
    assert 1 <= inside[0] <= box_width
    assert 1 <= inside[1] <= box_height
    assert inside[0] == box_width or inside[1] == box_height
    over = cover_size(width, height, box_width, box_height)
    assert over[0] >= box_width
    assert over[1] >= box_height


@given(sides, sides, sides, sides)
def test_a_centred_box_is_as_large_as_asked_where_it_fits(width, height, box_width, box_height):
    box = centre_box(width, height, box_width, box_height)
    assert (box.width, box.height) == (min(width, box_width), min(height, box_height))
    assert abs(2 * box.x + box.width - width) <= 1


@pytest.mark.parametrize(("angle", "turns"), [(0, 0), (90, -1), (180, 2), (270, 1), (-90, 1), (360, 0), (-360, 0)])
def test_quarter_turns_go_clockwise_and_lose_nothing(angle, turns, photo_of):
    photo = photo_of(5, 8)
    np.testing.assert_array_equal(rotate(photo, angle, expand=True, fill=WHITE), np.rot90(photo, turns))


def test_a_quarter_turn_without_expansion_keeps_the_size_and_fills_the_rest(photo_of):
    photo = photo_of(4, 8)
    turned = rotate(photo, 90, expand=False, fill=(1, 2, 3))
    assert turned.shape == photo.shape
    np.testing.assert_array_equal(turned[:, 2:6], np.rot90(photo, -1)[2:6])
    assert (turned[:, :2] == (1, 2, 3)).all()


def test_a_free_turn_holds_the_whole_picture_and_fills_the_corners():
    photo = np.full((40, 60, 3), 90, np.uint8)
    turned = rotate(photo, 30, expand=True, fill=(255, 0, 0))
    assert turned.shape == (65, 72, 3)  # 40 cos 30° + 60 sin 30° and 60 cos 30° + 40 sin 30°, rounded up
    assert turned[0, 0].tolist() == [255, 0, 0]
    assert turned[32, 36].tolist() == [90, 90, 90]
    grey = np.abs(turned.astype(int) - 90).max(axis=2) < 2
    assert abs(grey.sum() - photo.shape[0] * photo.shape[1]) < 300  # the edge is faded


def test_a_free_turn_goes_clockwise_too():
    photo = np.zeros((41, 41, 3), np.uint8)
    photo[:6, 18:23] = 255  # a mark at twelve o'clock
    rows, columns = np.nonzero(rotate(photo, 45, expand=False, fill=(0, 0, 0))[..., 0] > 128)
    assert columns.mean() > 28
    assert rows.mean() < 12


def test_turning_a_little_and_back_returns_the_middle_of_a_smooth_picture():
    ramp = np.linspace(0, 255, 80).astype(np.uint8)
    photo = np.stack(
        [np.broadcast_to(ramp, (80, 80)), np.broadcast_to(ramp[:, None], (80, 80)), np.full((80, 80), 9)], -1
    )
    photo = np.ascontiguousarray(photo.astype(np.uint8))
    back = rotate(rotate(photo, 7.5, expand=False, fill=WHITE), -7.5, expand=False, fill=WHITE)
    assert np.abs(back[20:60, 20:60].astype(int) - photo[20:60, 20:60]).max() <= 2


def test_with_alpha_new_ground_is_transparent():
    rgba = np.full((20, 20, 4), 255, np.uint8)
    turned = rotate(rgba, 45, expand=True, fill=WHITE)
    assert turned[0, 0, 3] == 0
    assert turned[14, 14, 3] == 255
