import math

import cv2
import numpy as np
import pytest

from engine.pixels.homographies import moved_points
from engine.pixels.warping import warp

WHITE = (255, 255, 255)


def shift(x, y):
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])


def turn(degrees, width, height):
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return shift(width / 2, height / 2) @ [[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]] @ shift(-width / 2, -height / 2)


KEYSTONE = np.array([[1.1, 0.05, -4], [0.02, 1.2, -6], [1e-4, 9e-4, 1.0]])


def smooth(height, width, channels=3):
    noise = np.random.default_rng(2).integers(0, 256, (height // 10, width // 10, channels), dtype=np.uint8)
    return cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC).reshape(height, width, channels)


def test_what_is_not_moved_keeps_its_bytes(photo_of):
    for channels in (1, 3, 4):
        photo = photo_of(40, 50, channels=channels)
        photo[..., -1] |= 1  # colours under no alpha at all are nobody's
        np.testing.assert_array_equal(warp(photo, np.eye(3), (50, 40), WHITE), photo)


def test_whole_pixels_are_moved_as_they_are_and_leave_new_ground(photo_of):
    moved = warp(photo := photo_of(30, 40), shift(5, -3), (40, 30), (1, 2, 3))
    np.testing.assert_array_equal(moved[:27, 5:], photo[3:, :35])
    assert (moved[27:] == (1, 2, 3)).all()
    assert (moved[:, :5] == (1, 2, 3)).all()


@pytest.mark.parametrize("motion", [turn(23, 200, 160), KEYSTONE, np.diag([0.4, 0.6, 1]), -KEYSTONE], ids=str)
def test_a_mark_lands_where_the_motion_says(motion):
    photo = np.zeros((160, 200, 3), np.uint8)
    photo[58:62, 98:102] = 255  # around (100, 60)
    moved = warp(photo, motion, (240, 200), (0, 0, 0))[..., 0].astype(float)
    rows, columns = np.nonzero(moved > 20)
    weights = moved[rows, columns]
    found = np.average(columns + 0.5, weights=weights), np.average(rows + 0.5, weights=weights)
    assert np.hypot(*(moved_points(motion, np.array([[100.0, 60.0]]))[0] - found)) < 0.3


@pytest.mark.parametrize("scale", [0.5, 0.37, 0.15])
def test_a_fine_weave_that_shrinks_becomes_the_grey_that_it_looks_like(scale):
    weave = np.zeros((300, 300, 3), np.uint8)
    weave[::2, ::2] = weave[1::2, 1::2] = 255
    side = round(300 * scale)
    made = warp(weave, np.diag([scale, scale, 1]) @ turn(7, 300, 300), (side, side), WHITE)
    inner = made[side // 3 : -side // 3, side // 3 : -side // 3].astype(float)
    assert abs(inner.mean() - 188) <= 1
    assert inner.std() < 4


def test_turning_and_turning_back_loses_less_than_a_bicubic_would():
    photo = smooth(200, 220)
    there = warp(photo, turn(9, 220, 200), (220, 200), WHITE)
    back = warp(there, turn(-9, 220, 200), (220, 200), WHITE)
    inner = slice(60, -60), slice(60, -60)
    assert np.abs(back[inner].astype(float) - photo[inner]).mean() < 0.6


@pytest.mark.parametrize("scale", [1.0, 0.45])
def test_nothing_rings_beside_an_edge(scale):
    photo = np.full((120, 120, 3), 255, np.uint8)
    photo[:, 60:] = 25
    side = round(120 * scale)
    moved = warp(photo, np.diag([scale, scale, 1]) @ turn(11, 120, 120), (side, side), (25, 25, 25))
    assert moved.min() == 25
    edge = (
        np.arange(side)[None, :] + 0.5 - side / 2 + np.tan(np.radians(11)) * (np.arange(side)[:, None] + 0.5 - side / 2)
    )
    inner = slice(side // 4, -side // 4), slice(side // 4, -side // 4)
    assert (moved[inner][edge[inner] < -3] == 255).all()
    assert (moved[inner][edge[inner] > 3] == 25).all()


@pytest.mark.parametrize("scale", [1.0, 0.45])
def test_an_invisible_colour_does_not_bleed_and_new_ground_is_clear(scale):
    rgba = np.zeros((80, 80, 4), np.uint8)
    rgba[:, :40] = (255, 0, 0, 255)
    rgba[:, 40:] = (0, 255, 0, 0)
    moved = warp(rgba, shift(20, 20) @ np.diag([scale, scale, 1]) @ turn(30, 80, 80), (120, 120), WHITE)
    assert (moved[moved[..., 3] > 0][:, :3] == (255, 0, 0)).all()
    assert moved[0, 0].tolist() == [0, 0, 0, 0]
    assert abs(moved[..., 3].sum() / 255 / scale**2 - 3200) < 20


def test_a_matte_stays_a_coverage_on_clear_ground():
    matte = np.full((60, 60, 1), 200, np.uint8)
    moved = warp(matte, turn(45, 60, 60), (90, 90), WHITE)
    assert moved.shape == (90, 90, 1)
    assert moved[0, 89, 0] == 0
    assert moved[30, 30, 0] == 200


def test_blocks_do_not_show(monkeypatch):
    photo = smooth(260, 300)
    at_once = warp(photo, KEYSTONE, (300, 260), WHITE)
    monkeypatch.setattr("engine.pixels.warping._BLOCK_PX", 32)
    apart = warp(photo, KEYSTONE, (300, 260), WHITE)
    difference = np.abs(apart.astype(int) - at_once)
    assert difference[10:180, 15:-15].max() <= 6
    assert (difference > 6).mean() < 0.001  # along the border, which fades over a width that follows the block's middle


def test_what_lies_behind_the_camera_is_not_seen():
    beyond = np.array([[1, 0, 0], [0, 1, 0], [0, -0.02, 1.0]])  # the horizon is at y = 50 of 100
    moved = warp(np.full((100, 100, 3), 9, np.uint8), shift(200, 200) @ beyond, (400, 400), WHITE)
    assert (moved[:195] == 255).all()  # a camera that saw behind itself would have what lies below come out on top


def test_a_motion_that_cannot_be_undone_is_refused(photo_of):
    with pytest.raises(ValueError, match="can be undone"):
        warp(photo_of(4, 4), np.zeros((3, 3)), (4, 4), WHITE)
