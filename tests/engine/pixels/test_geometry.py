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
    recentred,
    recentring,
    resize,
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
    changed = resize(rgba, 5, 5)
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


@pytest.mark.parametrize("size", [(5, 4), (12, 9), (4, 9), (5, 3)])
def test_a_recentred_picture_moves_by_whole_pixels(size, photo_of):
    photo = photo_of(6, 7)
    centred = recentred(photo, *size, (1, 2, 3))
    across, down = recentring(7, 6, *size)
    for row in range(size[1]):
        for column in range(size[0]):
            inside = 0 <= row - down < 6 and 0 <= column - across < 7
            expected = photo[row - down, column - across] if inside else (1, 2, 3)
            assert centred[row, column].tolist() == list(expected)


@pytest.mark.parametrize(("channels", "ground"), [(1, [0]), (4, [0, 0, 0, 0])])
def test_new_ground_is_clear_of_a_matte_and_with_alpha(channels, ground, photo_of):
    assert recentred(photo_of(3, 3, channels=channels), 5, 5, WHITE)[0, 0].tolist() == ground
