import cv2
import numpy as np
import pytest

from engine.pixels.perspective import turned_view
from engine.pixels.straightening import leaning
from engine.pixels.warping import warp

SIZE = (600, 450)
NOISE = np.random.default_rng(5).integers(-6, 7, (450, 600, 1))


def wall():
    """Tiles, seen straight on."""
    scene = np.full((450, 600, 3), 170, np.uint8)
    for x in range(40, 600, 87):
        cv2.line(scene, (x, 0), (x, 449), (90, 90, 90), 3, cv2.LINE_AA)
    for y in range(30, 450, 70):
        cv2.line(scene, (0, y), (599, y), (110, 110, 110), 3, cv2.LINE_AA)
    return scene


def taken(scene, pitch, roll, focal=1.0):
    """The scene by a camera that must turn by pitch and roll to see it straight."""
    motion = np.linalg.inv(turned_view(SIZE, 0, pitch, roll, focal))
    photo = warp(scene, motion, SIZE, (170, 170, 170))
    return np.clip(photo.astype(int) + NOISE, 0, 255).astype(np.uint8)


def vase(*, lines=0):
    """A tapering product before a plain wall, its matte, and lines on it that meet where its sides do."""
    photo, matte = np.full((450, 600, 3), 200, np.uint8), np.zeros((450, 600), np.uint8)
    cv2.fillPoly(matte, [np.array([(140, 40), (460, 40), (440, 420), (160, 420)])], 255)
    photo[matte > 0] = (60, 80, 120)
    for share in np.linspace(0.2, 0.8, lines):
        x = 140 + 320 * share, 160 + 280 * share
        cv2.line(photo, (round(x[0]), 70), (round(x[1]), 400), (200, 210, 230), 3, cv2.LINE_AA)
    return np.clip(photo.astype(int) + NOISE, 0, 255).astype(np.uint8), matte


@pytest.mark.parametrize(("pitch", "roll"), [(8, 0), (-14, 3), (0, -5), (4, 2)])
def test_the_camera_s_turn_is_found_from_the_lines_of_the_scene(pitch, roll):
    lean = leaning(taken(wall(), pitch, roll), 1.0)
    assert lean.plain
    assert lean.lines >= 5
    assert abs(lean.pitch - pitch) < 0.5
    assert abs(lean.roll - roll) < 0.3


def test_another_focal_length_means_another_pitch():
    lean = leaning(taken(wall(), 10, 0, focal=2.0), 2.0)
    assert abs(lean.pitch - 10) < 0.7
    assert leaning(taken(wall(), 10, 0, focal=2.0), 1.0).pitch < 6


def test_what_stands_upright_is_seen_to():
    lean = leaning(taken(wall(), 0, 0), 1.0)
    assert lean.plain
    assert abs(lean.pitch) < 0.3
    assert abs(lean.roll) < 0.2


def test_a_picture_without_lines_says_nothing():
    smooth = cv2.resize(np.random.default_rng(1).integers(90, 160, (5, 7, 3), dtype=np.uint8), SIZE)
    lean = leaning(smooth, 1.0)
    assert (lean.plain, lean.lines) == (False, 0)


def test_lines_in_all_directions_say_nothing():
    scene, rng = np.full((450, 600, 3), 180, np.uint8), np.random.default_rng(8)
    for x in np.linspace(40, 560, 16):
        aside, down = rng.uniform(-45, 45), rng.uniform(60, 390)
        cv2.line(scene, (round(x - aside), round(down - 50)), (round(x + aside), round(down + 50)), (60, 60, 60), 3)
    assert not leaning(scene, 1.0).plain


@pytest.mark.parametrize("lines", [0, 2])
def test_a_product_that_tapers_is_not_taken_for_a_wall(lines):
    photo, matte = vase(lines=lines)
    assert not leaning(photo, 1.0, matte).plain


def test_print_all_over_a_product_speaks_where_the_scene_is_silent():
    photo, matte = vase(lines=7)
    lean = leaning(photo, 1.0, matte)
    assert lean.plain
    assert lean.pitch > 5


def test_lines_at_two_places_alone_say_nothing():
    scene = np.full((450, 600, 3), 180, np.uint8)
    for top, bottom in (
        ((120, 10), (140, 220)),
        ((141, 230), (160, 440)),
        ((450, 10), (430, 220)),
        ((429, 230), (410, 440)),
    ):
        for aside in (0, 9):
            cv2.line(scene, (top[0] + aside, top[1]), (bottom[0] + aside, bottom[1]), (60, 60, 60), 3, cv2.LINE_AA)
    lean = leaning(scene, 1.0)
    assert lean.lines >= 8
    assert not lean.plain


def test_more_than_a_camera_s_tilt_is_left_alone():
    assert not leaning(taken(wall(), 0, 12), 1.0).plain
