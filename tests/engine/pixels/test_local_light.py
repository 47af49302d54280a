import numpy as np
import pytest

from engine.kernels.local_light import local_light
from engine.pixels.local_light import apply_exposure, apply_local_light, spline_weights


def bent_map(side=12, seed=0):
    return np.random.default_rng(seed).uniform(-0.5, 2.0, (3, side, side)).astype(np.float32)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (5, 90), (64, 48), (131, 7)])
def test_the_fast_path_agrees_with_the_reference_within_one_code_value(height, width, photo_of):
    photo, stops = photo_of(height, width), bent_map()
    assert np.abs(apply_local_light(photo, stops).astype(int) - local_light(photo, stops)).max() <= 1


def test_all_but_a_few_of_a_thousand_values_round_as_the_exact_arithmetic_does(photo_of):
    photo, stops = photo_of(90, 120), bent_map()
    differ = apply_local_light(photo, stops) != local_light(photo, stops)
    assert differ.mean() < 0.003


def test_a_map_of_zeros_changes_nothing(photo_of):
    photo = photo_of(31, 17)
    np.testing.assert_array_equal(apply_local_light(photo, np.zeros((3, 12, 12), np.float32)), photo)
    np.testing.assert_array_equal(local_light(photo, np.zeros((3, 12, 12), np.float32)), photo)


def test_one_stop_everywhere_doubles_the_linear_light_of_what_is_dark():
    dark = np.full((4, 4, 3), 40, np.uint8)
    lit = apply_local_light(dark, np.ones((3, 2, 2), np.float32))
    linear = (np.array([40, int(lit[0, 0, 0])]) / 255 + 0.055) / 1.055
    assert linear[1] ** 2.4 / linear[0] ** 2.4 == pytest.approx(2, rel=0.03)


@pytest.mark.parametrize("stops", [-0.35, 0.5, 2.0])
def test_black_and_white_stay_and_the_levels_between_keep_their_order(stops):
    ramp = np.arange(256, dtype=np.uint8).reshape(1, 256, 1).repeat(3, axis=2)
    lit = apply_local_light(ramp, np.full((3, 3, 3), stops, np.float32))[0, :, 0].astype(int)
    assert (lit[0], lit[255]) == (0, 255)
    assert (np.diff(lit) >= 0).all()
    assert np.diff(lit)[236:].max() <= 3


@pytest.mark.parametrize("stops", [-0.5, 0.7, 2.0])
def test_an_exposure_is_a_map_of_the_same_stops_everywhere(stops, photo_of):
    photo = photo_of(31, 17)
    everywhere = apply_local_light(photo, np.full((3, 2, 2), stops, np.float32))
    assert np.abs(apply_exposure(photo, stops).astype(int) - everywhere).max() <= 1
    assert np.diff(apply_exposure(np.arange(256, dtype=np.uint8)[None], stops)[0].astype(int)).max() <= 4


def test_gains_follow_one_another_as_their_product_does():
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)
    half, whole = (np.full((3, 2, 2), stops, np.float32) for stops in (0.6, 1.2))
    twice = local_light(local_light(ramp, half), half).astype(int)
    assert np.abs(twice - local_light(ramp, whole)).max() <= 2


def test_spline_weights_sum_to_one_and_lie_about_their_sample():
    weights = spline_weights(12, 100)
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(weights @ np.arange(12)[:, None], (np.arange(100)[:, None] + 0.5) * 0.12 - 0.5, atol=0.7)
    inside = slice(20, 80)  # where no knot stands for those beyond the ends, straight lines stay straight
    exact = (np.arange(100) + 0.5) * 0.12 - 0.5
    np.testing.assert_allclose((weights @ np.arange(12))[inside], exact[inside], atol=1e-5)


def test_a_single_bright_knot_lights_no_block_and_no_edge():
    stops = np.zeros((3, 12, 12), np.float32)
    stops[:, 6, 6] = 1.0
    lit = apply_local_light(np.full((480, 480, 3), 100, np.uint8), stops)[:, :, 1].astype(int)
    assert np.abs(np.diff(lit, axis=0)).max() <= 1
    assert lit.max() > 115
    assert (lit[:150] == 100).all()


def test_a_picture_of_many_strips_has_no_seams(monkeypatch, photo_of):
    photo, stops = photo_of(50, 20), bent_map()
    whole = apply_local_light(photo, stops)
    monkeypatch.setattr("engine.pixels.local_light.STRIP_PX", 60)
    assert np.abs(apply_local_light(photo, stops).astype(int) - whole).max() <= 1


def test_each_channel_has_its_own_map():
    stops = np.zeros((3, 4, 4), np.float32)
    stops[2] = 1.0
    lit = apply_local_light(np.full((8, 8, 3), 90, np.uint8), stops)
    assert (lit[..., :2] == 90).all()
    assert (lit[..., 2] > 110).all()
