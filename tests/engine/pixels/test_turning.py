import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.pixels.homographies import moved_points
from engine.pixels.turning import most_expanded, turn

WHITE = (255, 255, 255)


def turned(image, angle, frame="expand", fill=WHITE):
    return turn(image.shape[1::-1], angle, frame).of(image, fill)


@pytest.mark.parametrize(("angle", "turns"), [(0, 0), (90, -1), (180, 2), (270, 1), (-90, 1), (360, 0), (-360, 0)])
def test_quarter_turns_go_clockwise_and_lose_nothing(angle, turns, photo_of):
    for frame in ("expand", "crop"):
        photo = photo_of(5, 8, channels=4)
        np.testing.assert_array_equal(turned(photo, angle, frame), np.rot90(photo, turns))


def test_a_quarter_turn_of_the_same_size_fills_the_rest(photo_of):
    photo = photo_of(4, 8)
    made = turned(photo, 90, "same", (1, 2, 3))
    assert made.shape == photo.shape
    np.testing.assert_array_equal(made[:, 2:6], np.rot90(photo, -1)[2:6])
    assert (made[:, :2] == (1, 2, 3)).all()


def test_a_free_turn_holds_the_whole_picture_and_fills_the_corners():
    photo = np.full((40, 60, 3), 90, np.uint8)
    made = turned(photo, 30, fill=(255, 0, 0))
    assert made.shape == (65, 72, 3)  # 40 cos 30° + 60 sin 30° and 60 cos 30° + 40 sin 30°, rounded up
    assert made[0, 0].tolist() == [255, 0, 0]
    assert made[32, 36].tolist() == [90, 90, 90]
    grey = np.abs(made.astype(int) - 90).max(axis=2) < 2
    assert abs(grey.sum() - photo.shape[0] * photo.shape[1]) < 300  # the edge is faded


def test_a_cropped_turn_has_no_new_ground():
    photo = np.full((80, 120, 3), 90, np.uint8)
    for angle in (7, -19, 100, 173):
        made = turned(photo, angle, "crop", (255, 0, 0))
        assert (np.abs(made.astype(int) - 90) <= 1).all()
        across, down = made.shape[1::-1] if abs(angle) != 100 else made.shape[:2]
        assert abs(across / 3 - down / 2) <= 1


@given(st.floats(-360, 360), st.sampled_from(["expand", "same", "crop"]), st.integers(20, 90), st.integers(20, 90))
def test_the_motion_turns_about_the_middle_clockwise(angle, frame, width, height):
    turning = turn((width, height), angle, frame)
    middle, aside = moved_points(turning.motion, np.array([[width / 2, height / 2], [width / 2 + 10, height / 2]]))
    assert (
        np.abs(middle - (turning.size[0] / 2, turning.size[1] / 2)).max() <= 0.51
    )  # by half a pixel off, where parity says
    expected = 10 * np.cos(np.radians(angle)), 10 * np.sin(np.radians(angle))
    np.testing.assert_allclose(aside - middle, expected, atol=1e-6)


@pytest.mark.parametrize("frame", ["expand", "same", "crop"])
@pytest.mark.parametrize("angle", [90, 180, -90, 17, 100, -33])
@pytest.mark.parametrize("size", [(90, 70), (71, 90)])
def test_a_mark_lands_where_the_motion_says(size, angle, frame):
    photo = np.zeros((size[1], size[0], 3), np.uint8)
    photo[38:42, 46:50] = 255  # around (48, 40)
    turning = turn(size, angle, frame)
    light = turning.of(photo, (0, 0, 0))[..., 0].astype(float)
    rows, columns = np.mgrid[: light.shape[0], : light.shape[1]] + 0.5
    found = (light * columns).sum() / light.sum(), (light * rows).sum() / light.sum()
    assert np.hypot(*(moved_points(turning.motion, np.array([[48.0, 40.0]]))[0] - found)) < 0.1


@given(st.integers(1, 400), st.integers(1, 400), st.floats(-20, 20))
def test_no_angle_needs_more_than_the_bound(width, height, angle):
    most = most_expanded((width, height), 20)
    made = turn((width, height), angle, "expand").size
    assert made[0] <= most[0]
    assert made[1] <= most[1]


def test_turning_a_little_and_back_returns_the_middle_of_a_smooth_picture():
    ramp = np.linspace(0, 255, 80).astype(np.uint8)
    planes = [np.broadcast_to(ramp, (80, 80)), np.broadcast_to(ramp[:, None], (80, 80)), np.full((80, 80), 9)]
    photo = np.ascontiguousarray(np.stack(planes, -1).astype(np.uint8))
    back = turned(turned(photo, 7.5, "same"), -7.5, "same")
    assert np.abs(back[20:60, 20:60].astype(int) - photo[20:60, 20:60]).max() <= 2


def test_with_alpha_new_ground_is_transparent():
    made = turned(np.full((20, 20, 4), 255, np.uint8), 45)
    assert made[0, 0, 3] == 0
    assert made[14, 14, 3] == 255
