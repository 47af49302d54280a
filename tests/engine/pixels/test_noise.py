"""The noise level of a picture: what was added is found, texture is not taken for it."""

import numpy as np
import pytest

from engine.pixels import blocks
from engine.pixels.noise import TONES, noise_levels, with_noise_level


def grey(height, width, level=120):
    return np.full((height, width, 3), level, np.uint8)


def noisy(picture, sigma, seed=1):
    added = np.random.default_rng(seed).normal(0, sigma, (*picture.shape[:2], 1))
    return np.clip(np.rint(picture + added), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("sigma", [2, 6, 15])
def test_white_noise_is_found_within_a_fifth(sigma):
    assert noise_levels(noisy(grey(240, 320), sigma)) == pytest.approx([sigma] * 4, rel=0.2)


def test_noise_that_grows_towards_the_dark_has_a_level_for_each_tone():
    bands = np.concatenate([grey(80, 320, tone) for tone in TONES])
    sigmas = np.array([20.0, 12.0, 7.0, 4.0])
    added = np.random.default_rng(2).normal(0, 1, (320, 320, 1)) * np.repeat(sigmas, 80)[:, None, None]
    assert noise_levels(np.clip(np.rint(bands + added), 0, 255).astype(np.uint8)) == pytest.approx(sigmas, rel=0.25)


def test_a_gradient_and_a_bold_pattern_on_plain_ground_are_no_noise():
    gradient = np.repeat(np.linspace(40, 200, 320)[None, :, None], 240, axis=0).repeat(3, axis=2).astype(np.uint8)
    assert noise_levels(gradient).max() < 0.6
    striped = grey(240, 320)
    striped[:, 100:220:2] = 20
    assert noise_levels(striped)[2] < 0.001


def test_clipped_places_do_not_hide_the_noise():
    picture = noisy(grey(240, 320), 8)
    picture[:, 64:] = 255
    assert noise_levels(picture) == pytest.approx([8] * 4, rel=0.2)


def test_a_picture_that_is_clipped_everywhere_has_a_level_too():
    assert noise_levels(grey(64, 64, 255)).max() < 0.001


@pytest.mark.parametrize("shape", [(1, 1), (5, 200), (200, 5), (15, 15), (16, 17)])
def test_pictures_of_any_shape_have_a_level(shape):
    assert with_noise_level(noisy(grey(*shape), 5)).shape == (*shape, 4)


def test_a_large_picture_taken_in_strips_has_the_same_levels(monkeypatch):
    picture = noisy(grey(640, 480), 7)
    whole = noise_levels(picture)
    monkeypatch.setattr(blocks, "STRIP_PX", 48 * 480)
    assert noise_levels(picture) == pytest.approx(whole, rel=1e-6)


def test_the_fourth_channel_is_the_level_in_eighths_and_the_others_are_the_picture():
    picture = noisy(grey(96, 80), 6)
    told = with_noise_level(picture)
    assert np.array_equal(told[..., :3], picture)
    assert told[..., 3] == pytest.approx(noise_levels(picture)[1] * 8, abs=1)
    assert with_noise_level(noisy(grey(96, 80), 90))[0, 0, 3] == 255
