"""How strongly a picture wants restoring."""

import cv2
import numpy as np
import pytest

from engine.pixels import blocks, restoring
from engine.pixels.noise import noise_levels
from engine.pixels.restoring import blockiness, quiet_residual, restoring_strength


def smooth_picture(height=160, width=144):
    coarse = np.random.default_rng(1).integers(40, 216, (height // 16, width // 16, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC))


def noisy(picture, level, seed=2):
    noise = np.random.default_rng(seed).normal(0, level, picture.shape)
    return np.clip(np.round(picture + noise), 0, 255).astype(np.uint8)


def compressed(picture, quality):
    coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR))


def strength_of(picture, restored):
    return restoring_strength(picture, restored, noise_levels(picture))


def test_a_picture_that_the_network_would_not_change_is_clean():
    assert strength_of(smooth_picture(), smooth_picture()) == 0.0


def test_noise_everywhere_is_removed_in_full():
    assert strength_of(noisy(smooth_picture(), 12), smooth_picture()) == 1.0


def test_the_strength_grows_with_the_noise():
    strengths = [strength_of(noisy(smooth_picture(), level), smooth_picture()) for level in (1, 3, 5, 12)]
    assert strengths == sorted(strengths)
    assert strengths[0] < strengths[-1]


def test_texture_in_half_of_the_picture_is_not_taken_for_noise():
    textured = smooth_picture()
    textured[80:] = noisy(textured[80:], 20)
    assert strength_of(textured, smooth_picture()) == 0.0


def test_clipped_ground_does_not_hide_the_noise_of_the_product():
    truth = smooth_picture()
    truth[:, :96] = 255
    bad = truth.copy()
    bad[:, 96:] = noisy(truth[:, 96:], 12)
    assert strength_of(bad, truth) == 1.0


@pytest.mark.parametrize("cut", [0, 3])
def test_blocks_are_found_wherever_their_grid_begins(cut):
    clean = noisy(smooth_picture(), 2)
    coded = compressed(clean, 25)[cut:, cut:]
    assert blockiness(coded) > blockiness(clean) + 0.3
    assert strength_of(coded, coded) == restoring.FOR_BLOCKS_ALONE


def test_blocks_with_noise_want_more_than_blocks_alone():
    coded = compressed(noisy(smooth_picture(), 2), 25)
    chessboard = np.where(np.indices(coded.shape[:2]).sum(axis=0) % 2, 1, -1)[..., None]
    restored = np.clip(coded.astype(int) + chessboard, 0, 255).astype(np.uint8)
    assert strength_of(coded, coded) < strength_of(coded, restored)


def test_strips_of_a_large_picture_measure_what_the_whole_does(monkeypatch):
    bad, truth = noisy(smooth_picture(), 3), smooth_picture()
    whole = (*quiet_residual(bad, truth), blockiness(bad))
    for module in (restoring, blocks):
        monkeypatch.setattr(module, "STRIP_PX", 144 * 40)
    assert (*quiet_residual(bad, truth), blockiness(bad)) == pytest.approx(whole, rel=1e-9)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (7, 11), (15, 17), (16, 16)])
def test_small_pictures_have_a_strength_too(size):
    picture = np.full((*size, 3), 90, np.uint8)
    assert strength_of(picture, picture) == 0.0
    assert restoring_strength(picture, picture + 20, np.full(4, 20.0)) == 1.0


def test_where_one_tone_has_no_noise_none_has():
    truth = smooth_picture()
    grain = np.random.default_rng(2).normal(0, 12, (*truth.shape[:2], 1))
    bad = np.clip(np.round(truth + grain), 0, 255).astype(np.uint8)
    assert restoring_strength(bad, truth, np.array([12.0, 1.0, 12.0, 12.0])) < 0.5
    assert restoring_strength(bad, truth, np.array([12.0, 12.0, 12.0, 12.0])) == 1.0


def test_pictures_of_two_shapes_are_refused():
    with pytest.raises(ValueError, match=r"\[4, 4, 3\] and \[4, 5, 3\]"):
        strength_of(np.zeros((4, 4, 3), np.uint8), np.zeros((4, 5, 3), np.uint8))
