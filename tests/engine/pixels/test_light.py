import numpy as np
import pytest

from engine.kernels.lut3d import lut3d
from engine.pixels.color import blend
from engine.pixels.light import (
    LIGHT_LENGTH,
    LUT_STEPS,
    MAP_SIDE,
    apply_lut3d,
    identity_lut3d,
    read_light,
    relight,
)
from engine.pixels.local_light import apply_local_light


def bent_table(steps, seed=0):
    bend = np.random.default_rng(seed).normal(0, 0.15, (3, steps, steps, steps)).astype(np.float32)
    return np.clip(identity_lut3d(steps) + bend, 0, 1)


@pytest.mark.parametrize("steps", [2, 9, 33, 65])
def test_the_fast_path_agrees_with_the_reference_within_one_code_value(steps, photo_of):
    photo, table = photo_of(64, 64) * 2, bent_table(steps)
    assert np.abs(apply_lut3d(photo, table).astype(int) - lut3d(photo, table)).max() <= 1


def test_the_identity_table_changes_nothing(photo_of):
    photo = photo_of(31, 17)
    np.testing.assert_array_equal(apply_lut3d(photo, identity_lut3d(33)), photo)
    np.testing.assert_array_equal(lut3d(photo, identity_lut3d(33)), photo)


def test_the_table_is_indexed_channel_blue_green_red():
    table = np.zeros((3, 2, 2, 2), np.float32)
    table[0, 0, 0, 1] = 1.0  # pure red keeps its red
    table[2, 0, 1, 0] = 1.0  # pure green becomes blue
    colours = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8)
    expected = [[[255, 0, 0], [0, 0, 255], [0, 0, 0]]]
    assert apply_lut3d(colours, table).tolist() == expected
    assert lut3d(colours, table).tolist() == expected


def test_a_light_is_added_to_the_identity_and_mixes_as_pictures_would(photo_of):
    photo, table = photo_of(40, 40), bent_table(LUT_STEPS)
    answer = np.zeros(LIGHT_LENGTH, np.float32)
    answer[: 3 * LUT_STEPS**3] = (table - identity_lut3d(LUT_STEPS)).ravel()
    np.testing.assert_array_equal(relight(photo, answer), apply_lut3d(photo, read_light(answer).lut))
    mixed = relight(photo, answer, 0.4).astype(int)
    assert np.abs(mixed - blend(photo, lut3d(photo, table), 0.4)).max() <= 1


def test_local_light_follows_the_table(photo_of):
    photo, table = photo_of(40, 40), bent_table(LUT_STEPS)
    stops = np.linspace(-0.2, 1.2, 3 * MAP_SIDE**2, dtype=np.float32).reshape(3, MAP_SIDE, MAP_SIDE)
    answer = np.concatenate([(table - identity_lut3d(LUT_STEPS)).ravel(), stops.ravel()])
    expected = apply_local_light(apply_lut3d(photo, read_light(answer).lut), stops)
    np.testing.assert_array_equal(relight(photo, answer), expected)


def test_a_light_of_zeros_or_without_strength_changes_nothing(photo_of):
    photo = photo_of(31, 17)
    np.testing.assert_array_equal(relight(photo, np.zeros(LIGHT_LENGTH, np.float32)), photo)
    np.testing.assert_array_equal(relight(photo, np.full(LIGHT_LENGTH, 0.3, np.float32), 0.0), photo)


def test_a_picture_of_many_strips_has_no_seams(monkeypatch, photo_of):
    photo, table = photo_of(50, 20), bent_table(9)
    whole = apply_lut3d(photo, table)
    monkeypatch.setattr("engine.pixels.light.STRIP_PX", 60)
    np.testing.assert_array_equal(apply_lut3d(photo, table), whole)


def test_a_table_or_strength_out_of_bounds_is_refused(photo_of):
    with pytest.raises(ValueError, match=r"received \[3, 4, 4, 5\]"):
        apply_lut3d(photo_of(4, 4), np.zeros((3, 4, 4, 5), np.float32))
    with pytest.raises(ValueError, match=r"strength is 0\.\.1; received 1\.5"):
        relight(photo_of(4, 4), np.zeros(LIGHT_LENGTH, np.float32), 1.5)
    with pytest.raises(ValueError, match=r"\[108243\]; received \[7\]"):
        relight(photo_of(4, 4), np.zeros(7, np.float32))
