import cv2
import numpy as np
import pytest

from engine.pixels.casting import SIDE_PX, drop_shadow, faded, floor_line, frame_size, kept_shadow, lowest_points
from engine.pixels.casting import standing_shadow as standing
from engine.pixels.placing import Bounds, Frame, place


def matte_of(*boxes, size=(400, 500)):
    matte = np.zeros(size, np.float32)
    for left, top, right, bottom in boxes:
        matte[top:bottom, left:right] = 1
    return matte


@pytest.fixture
def box():
    return matte_of((150, 150, 350, 300))


def test_a_standing_box_is_darkest_where_it_meets_the_floor_and_casts_nothing_above(box):
    shadow = standing(box)
    below = shadow[300:, 250]
    assert below[0] > 0.6
    assert (np.diff(below) <= 1e-3).all()
    assert below[60] == 0
    assert shadow[:240].max() == 0
    assert 0 < shadow[305, 140] < shadow[305, 250]


def test_between_two_feet_the_shadow_is_lighter_than_under_them():
    table = matte_of((100, 200, 400, 230), (100, 230, 130, 300), (370, 230, 400, 300))
    shadow = standing(table)
    assert shadow[302, 115] > 0.5
    assert shadow[302, 250] < 0.5 * shadow[302, 115]


def test_a_handle_in_the_air_does_not_tilt_the_floor():
    mug = matte_of((200, 150, 350, 300), (140, 190, 200, 260))
    columns, lowest = lowest_points(mug)
    line = floor_line(columns, lowest, mug.shape[1])
    assert np.ptp(line) == 0
    assert line[0] == 300


def test_nothing_stands_on_a_thread():
    dress = matte_of((150, 100, 350, 300), (200, 300, 202, 330))
    shadow = standing(dress)
    assert shadow[303, 300] > 0.5
    assert shadow[332, 201] < 0.1
    line = matte_of((200, 100, 202, 300))
    assert standing(line).max() > 0.1


def test_the_floor_runs_from_a_near_shoe_to_a_far_one():
    pair = matte_of((100, 200, 200, 310), (300, 180, 400, 280))
    columns, lowest = lowest_points(pair)
    line = floor_line(columns, lowest, pair.shape[1])
    assert line[150] == pytest.approx(310, abs=1)
    assert line[350] == pytest.approx(280, abs=10)
    assert (line[columns] >= lowest - 1e-9).all()
    shadow = standing(pair)
    assert shadow[283, 350] > 0.3


def test_the_floor_follows_the_straight_edges_of_a_box_seen_from_its_corner():
    matte = np.zeros((400, 500), np.float32)
    cv2.fillPoly(matte, [np.array([(150, 120), (350, 120), (350, 230), (230, 290), (150, 250)])], 1.0)
    columns, lowest = lowest_points(matte)
    line = floor_line(columns, lowest, 500)
    assert np.abs(line[columns] - lowest).max() < 4


def test_what_the_photo_cuts_off_at_the_bottom_stands_on_nothing(box):
    assert standing(box, ("bottom",)).max() == 0


def test_a_drop_shadow_lies_below_and_all_around_softly(box):
    shadow = drop_shadow(box)
    assert shadow[306, 250] > shadow[146, 250]
    assert 0.1 < shadow[306, 250] < 0.5
    assert shadow[225, 344] > 0
    assert shadow[:100].max() == 0


@pytest.mark.parametrize("cast", [standing, drop_shadow])
def test_shadows_end_before_the_border_however_near_the_product_is(cast):
    near = matte_of((5, 50, 495, 392))
    shadow = cast(near)
    assert shadow.max() > 0.1
    assert max(line.max() for line in (shadow[0], shadow[-1], shadow[:, 0], shadow[:, -1])) == 0


@pytest.mark.parametrize("cast", [standing, drop_shadow])
@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (2, 3)])
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_any_shape_casts_something_between_nothing_and_black(cast, shape, value):
    shadow = cast(np.full(shape, value, np.float32))
    assert shadow.shape == shape
    assert np.isfinite(shadow).all()
    assert 0 <= shadow.min() <= shadow.max() < 1


def test_a_tall_bottle_has_a_shadow_of_its_foots_size_not_of_its_height():
    bottle, block = matte_of((230, 20, 270, 300)), matte_of((230, 260, 270, 300))
    reach = [np.flatnonzero(standing(each)[:, 250])[-1] for each in (bottle, block)]
    assert reach[0] - reach[1] < 12


def test_a_kept_shadow_moves_with_the_product():
    shadow = np.zeros((200, 160), np.float32)
    shadow[140:150, 60:100] = 0.4
    placement = place(320, 400, Bounds(100, 100, 200, 290), Frame(1280, 1280, fill=0.475))
    moved = kept_shadow(shadow, (320, 400), placement)
    assert moved.shape == (SIDE_PX, SIDE_PX)
    x, y, _ = placement.motion @ (160, 290, 1) / 2
    assert moved[round(y), round(x)] == pytest.approx(0.4, abs=0.01)
    rows = np.flatnonzero(moved.max(axis=1) > 0.2)
    assert (rows[0] + rows[-1] + 1) / 2 == pytest.approx(y, abs=1)


def test_a_kept_shadow_stays_where_its_picture_stays():
    shadow = np.zeros((200, 160), np.float32)
    shadow[90:120, 60:100] = 0.4
    placement = place(160, 200, Bounds(50, 50, 100, 100), Frame(160, 200))
    assert np.allclose(kept_shadow(shadow, (160, 200), placement), faded(shadow), atol=1e-5)
    assert frame_size(placement) == (160, 200)
