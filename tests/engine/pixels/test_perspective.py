import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.pixels.homographies import moved_points, shifted
from engine.pixels.perspective import (
    HorizonError,
    around,
    expanded,
    inner,
    rectangle_size,
    straightened,
    turned_view,
)

SIZE = (400, 300)
CORNERS = np.array([[0, 0], [400, 0], [400, 300], [0, 300.0]])
angles = st.floats(-25, 25)


def test_no_turn_is_no_motion():
    np.testing.assert_allclose(turned_view(SIZE, 0, 0, 0, 1), np.eye(3), atol=1e-12)


@given(angles, angles, angles, st.floats(0.6, 3))
def test_the_middle_stays_and_so_does_its_scale(yaw, pitch, roll, focal):
    motion = turned_view(SIZE, yaw, pitch, roll, focal)
    around = moved_points(motion, np.array([[200, 150], [200.1, 150], [200, 150.1]]))
    np.testing.assert_allclose(around[0], (200, 150), atol=1e-6)
    across, down = around[1] - around[0], around[2] - around[0]
    assert abs((across[0] * down[1] - across[1] * down[0]) / 0.01 - 1) < 0.01


def test_looking_further_up_undoes_verticals_that_meet_below():
    """A wall as a camera sees it that looks 12° down, of the focal length 1.2: what is below is smaller."""
    length = 1.2 * 400
    pitch = math.radians(-12)
    seen = []
    for x in (-0.3, 0.3):
        for y in (-0.2, 0.2):
            down, ahead = y * math.cos(pitch) + math.sin(pitch), math.cos(pitch) - y * math.sin(pitch)
            seen.append((200 + length * x / ahead, 150 + length * down / ahead))
    left_top, left_bottom, right_top, right_bottom = moved_points(turned_view(SIZE, 0, 12, 0, 1.2), np.array(seen))
    assert seen[0][0] < seen[1][0]
    assert left_top[0] == pytest.approx(left_bottom[0])
    assert right_top[0] == pytest.approx(right_bottom[0])
    assert left_top[1] == pytest.approx(right_top[1])
    assert (right_top[0] - left_top[0]) / (left_bottom[1] - left_top[1]) == pytest.approx(0.6 / 0.4)


def test_looking_further_to_the_right_shows_what_is_there_larger():
    left, right = (
        moved_points(turned_view(SIZE, 20, 0, 0, 1), np.array(edge)) for edge in (CORNERS[[0, 3]], CORNERS[1:3])
    )
    assert np.hypot(*(right[0] - right[1])) < 300 < np.hypot(*(left[0] - left[1]))


def test_four_corners_become_the_rectangle():
    quad = np.array([[50, 40], [330, 70], [310, 280], [20, 250.0]])
    size = rectangle_size(quad)
    moved = moved_points(straightened(quad, size), quad)
    np.testing.assert_allclose(moved, [[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], atol=1e-6)


def test_the_rectangle_is_as_large_as_the_longer_sides_or_of_the_aspect():
    assert rectangle_size(np.array([[10, 0], [90, 0], [100, 50], [0, 50.0]])) == (100, 51)
    width, height = rectangle_size(np.array([[0, 0], [80, 0], [80, 50], [0, 50.0]]), (1, 1))
    assert width == height == 63


@given(angles, angles, angles)
def test_an_expanded_canvas_holds_every_corner_and_has_no_row_to_spare(yaw, pitch, roll):
    motion, (width, height) = expanded(turned_view(SIZE, yaw, pitch, roll, 1), SIZE)
    corners = moved_points(motion, CORNERS)
    assert (corners >= -1e-5).all()
    assert (corners <= np.array([width, height]) + 1e-5).all()
    assert (corners.min(axis=0) < 0.51).all()
    assert (corners.max(axis=0) > np.array([width, height]) - 0.51).all()


@given(angles, angles, angles)
def test_an_inner_frame_has_no_new_ground_and_the_picture_s_aspect(yaw, pitch, roll):
    motion, (width, height) = inner(turned_view(SIZE, yaw, pitch, roll, 1), SIZE)
    assert width <= 400
    assert height <= 300
    assert abs(width / 4 - height / 3) <= 1
    frame = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    there = moved_points(np.linalg.inv(motion), frame)
    assert (there >= -1e-3).all()
    assert (there <= np.array(SIZE) + 1e-3).all()


@given(angles, angles, angles, st.floats(-0.1, 0.1), st.floats(-0.1, 0.1))
def test_no_larger_frame_fits(yaw, pitch, roll, aside, below):
    motion, (width, height) = inner(turned_view(SIZE, yaw, pitch, roll, 1), SIZE)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]]) - (width / 2, height / 2)
    larger = corners * 1.02 + (width / 2 + aside * width, height / 2 + below * height)
    there = moved_points(np.linalg.inv(motion), larger + np.sign(corners) * 1.5)
    full = width == 400 or height == 300
    assert full or (there < 0).any() or (there > np.array(SIZE)).any()


def test_a_turned_picture_s_inner_frame_is_in_its_middle():
    for angle in (-20, -3, 3, 20):
        motion, (width, height) = inner(turned_view(SIZE, 0, 0, angle, 1), SIZE)
        np.testing.assert_allclose(moved_points(motion, np.array([[200, 150]]))[0], (width / 2, height / 2), atol=1e-6)


def test_what_is_not_turned_keeps_its_frame():
    motion, size = inner(np.eye(3), SIZE)
    assert size == SIZE
    np.testing.assert_allclose(motion, np.eye(3), atol=1e-6)
    assert expanded(shifted(30, 40), SIZE)[1] == SIZE


def test_a_frame_around_what_is_kept_has_no_new_ground_and_no_room_to_spare():
    motion = turned_view(SIZE, 0, 0, 8, 1)
    kept = moved_points(motion, np.array([[30, 60], [380, 90], [200, 260.0]]))
    framed, (width, height) = around(motion, SIZE, kept)
    frame = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    there = moved_points(np.linalg.inv(framed), frame)
    assert (there >= -1e-6).all()
    assert (there <= np.array(SIZE) + 1e-6).all()
    shown = moved_points(framed, np.array([[30, 60], [380, 90], [200, 260.0]]))
    assert (shown >= 0).all()
    assert (shown <= np.array([width, height]) + 1).all()
    for side, step in enumerate(np.array([[0, -12], [12, 0], [0, 12], [-12, 0.0]])):
        wider = frame.copy()
        wider[[side, (side + 1) % 4]] += step
        there = moved_points(np.linalg.inv(framed), wider)
        assert (there < 0).any() or (there > np.array(SIZE)).any()


def test_what_lies_in_a_corner_cannot_be_kept_without_new_ground():
    motion = turned_view(SIZE, 0, 0, 8, 1)
    assert around(motion, SIZE, moved_points(motion, CORNERS)) is None


def test_a_view_past_the_horizon_is_refused():
    with pytest.raises(HorizonError):
        expanded(turned_view(SIZE, 45, 45, 0, 0.4), SIZE)
    with pytest.raises(HorizonError, match=r"times as long; at most 6 are shown"):
        expanded(turned_view(SIZE, 45, 0, 0, 0.55), SIZE)
