from __future__ import annotations

import numpy as np
import pytest

from engine.quality.metrics import (
    delta_e2000,
    delta_e2000_parts,
    luma_bt601,
    mean_delta_e2000,
    psnr,
    psnr_y,
    srgb_to_lab,
    ssim,
)

# Sharma, Wu and Dalal (2005), table 1: L1 a1 b1 L2 a2 b2 ΔE2000.
SHARMA = np.array(
    [
        [50.0000, 2.6772, -79.7751, 50.0000, 0.0000, -82.7485, 2.0425],
        [50.0000, 3.1571, -77.2803, 50.0000, 0.0000, -82.7485, 2.8615],
        [50.0000, 2.8361, -74.0200, 50.0000, 0.0000, -82.7485, 3.4412],
        [50.0000, -1.3802, -84.2814, 50.0000, 0.0000, -82.7485, 1.0000],
        [50.0000, -1.1848, -84.8006, 50.0000, 0.0000, -82.7485, 1.0000],
        [50.0000, -0.9009, -85.5211, 50.0000, 0.0000, -82.7485, 1.0000],
        [50.0000, 0.0000, 0.0000, 50.0000, -1.0000, 2.0000, 2.3669],
        [50.0000, -1.0000, 2.0000, 50.0000, 0.0000, 0.0000, 2.3669],
        [50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0009, 7.1792],
        [50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0010, 7.1792],
        [50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0011, 7.2195],
        [50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0012, 7.2195],
        [50.0000, -0.0010, 2.4900, 50.0000, 0.0009, -2.4900, 4.8045],
        [50.0000, -0.0010, 2.4900, 50.0000, 0.0010, -2.4900, 4.8045],
        [50.0000, -0.0010, 2.4900, 50.0000, 0.0011, -2.4900, 4.7461],
        [50.0000, 2.5000, 0.0000, 50.0000, 0.0000, -2.5000, 4.3065],
        [50.0000, 2.5000, 0.0000, 73.0000, 25.0000, -18.0000, 27.1492],
        [50.0000, 2.5000, 0.0000, 61.0000, -5.0000, 29.0000, 22.8977],
        [50.0000, 2.5000, 0.0000, 56.0000, -27.0000, -3.0000, 31.9030],
        [50.0000, 2.5000, 0.0000, 58.0000, 24.0000, 15.0000, 19.4535],
        [50.0000, 2.5000, 0.0000, 50.0000, 3.1736, 0.5854, 1.0000],
        [50.0000, 2.5000, 0.0000, 50.0000, 3.2972, 0.0000, 1.0000],
        [50.0000, 2.5000, 0.0000, 50.0000, 1.8634, 0.5757, 1.0000],
        [50.0000, 2.5000, 0.0000, 50.0000, 3.2592, 0.3350, 1.0000],
        [60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644],
        [63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.2630],
        [61.2901, 3.7196, -5.3901, 61.4292, 2.2480, -4.9620, 1.8731],
        [35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645],
        [22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619, 2.0373],
        [36.4612, 47.8580, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146],
        [90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441],
        [90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381],
        [6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377],
        [2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082],
    ]
)


def test_delta_e2000_gives_all_34_published_values() -> None:
    assert np.abs(delta_e2000(SHARMA[:, :3], SHARMA[:, 3:6]) - SHARMA[:, 6]).max() < 1e-4


def test_delta_e2000_is_symmetric() -> None:
    forth, back = delta_e2000(SHARMA[:, :3], SHARMA[:, 3:6]), delta_e2000(SHARMA[:, 3:6], SHARMA[:, :3])
    assert np.allclose(forth, back, atol=1e-9)


def test_lab_of_srgb_primaries_and_greys_is_the_published_one() -> None:
    rgb = np.array([[255, 255, 255], [0, 0, 0], [255, 0, 0], [0, 255, 0], [0, 0, 255], [119, 119, 119]], np.uint8)
    lab = [
        [100, 0, 0],
        [0, 0, 0],
        [53.24, 80.09, 67.20],
        [87.73, -86.18, 83.18],
        [32.30, 79.19, -107.86],
        [50.03, 0, 0],
    ]
    assert np.allclose(srgb_to_lab(rgb), lab, atol=0.02)
    assert np.allclose(srgb_to_lab(rgb / 255.0), srgb_to_lab(rgb))


def test_psnr_of_a_difference_of_one_everywhere_is_48_13_db() -> None:
    image = np.full((12, 17, 3), 100, np.uint8)
    assert psnr(image, image + 1) == pytest.approx(48.1308, abs=1e-4)
    assert psnr(image, image) == float("inf")


def test_luma_of_white_is_235_and_of_black_16() -> None:
    image = np.array([[[255, 255, 255], [0, 0, 0]]], np.uint8)
    assert luma_bt601(image) == pytest.approx(np.array([[235.0, 16.0]]))


def test_psnr_y_leaves_the_border_out() -> None:
    image = np.full((10, 10, 3), 90, np.uint8)
    spoiled = image.copy()
    spoiled[0], spoiled[:, -1] = 255, 0
    assert psnr_y(image, spoiled, crop=1) == float("inf")
    assert psnr_y(image, spoiled) < 20


def test_ssim_is_one_for_equal_pictures_and_falls_with_noise() -> None:
    rng = np.random.default_rng(3)
    image = rng.integers(60, 190, (40, 33, 3)).astype(np.uint8)
    mild = np.clip(image + rng.normal(0, 4, image.shape), 0, 255).astype(np.uint8)
    strong = np.clip(image + rng.normal(0, 40, image.shape), 0, 255).astype(np.uint8)
    assert ssim(image, image) == pytest.approx(1.0)
    assert 1.0 > ssim(image, mild) > ssim(image, strong) > 0.0


def test_ssim_agrees_with_the_formula_computed_window_by_window() -> None:
    rng = np.random.default_rng(5)
    x, y = (rng.integers(0, 256, (11, 11, 3)).astype(np.uint8) for _ in range(2))
    taps = np.exp(-0.5 * (np.arange(-5, 6) / 1.5) ** 2)
    window = np.outer(taps, taps) / taps.sum() ** 2
    a, b = luma_bt601(x), luma_bt601(y)
    mean_a, mean_b = (window * a).sum(), (window * b).sum()
    var_a, var_b = (window * (a - mean_a) ** 2).sum(), (window * (b - mean_b) ** 2).sum()
    covariance = (window * (a - mean_a) * (b - mean_b)).sum()
    c1, c2 = 2.55**2, 7.65**2
    expected = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    expected /= (mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2)
    assert ssim(x, y) == pytest.approx(expected, abs=1e-9)


def test_mean_delta_e2000_counts_only_weighted_pixels() -> None:
    image = np.full((4, 4, 3), 128, np.uint8)
    changed = image.copy()
    changed[:2] = 200
    weights = np.zeros((4, 4))
    weights[2:] = 1.0
    assert mean_delta_e2000(image, changed, weights) == 0.0
    assert mean_delta_e2000(image, changed) > 10


@pytest.mark.parametrize("metric", [psnr, psnr_y, ssim, mean_delta_e2000, delta_e2000, delta_e2000_parts])
def test_pictures_of_different_shapes_are_refused_with_both_shapes(metric) -> None:
    with pytest.raises(ValueError, match=r"\(12, 12, 3\) and \(12, 13, 3\)"):
        metric(np.zeros((12, 12, 3), np.uint8), np.zeros((12, 13, 3), np.uint8))


def test_weights_that_are_all_zero_are_refused() -> None:
    image = np.zeros((4, 4, 3), np.uint8)
    with pytest.raises(ValueError, match="positive sum"):
        mean_delta_e2000(image, image, np.zeros((4, 4)))


def test_ssim_refuses_a_picture_smaller_than_its_window() -> None:
    with pytest.raises(ValueError, match="got 10 x 30"):
        ssim(np.zeros((30, 10, 3), np.uint8), np.zeros((30, 10, 3), np.uint8))


def test_single_precision_gives_the_same_difference():
    colors = np.random.default_rng(5).uniform([0, -120, -120], [100, 120, 120], (2, 20_000, 3))
    single = delta_e2000(*colors.astype(np.float32))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, delta_e2000(*colors), atol=1e-4, rtol=2e-4)  # opposite hues: 1e-4 of 100


def test_the_parts_of_a_difference_make_the_whole_and_each_minds_its_own():
    first, second = np.random.default_rng(6).uniform([0, -120, -120], [100, 120, 120], (2, 5_000, 3))
    lightness, color = delta_e2000_parts(first, second)
    np.testing.assert_allclose(np.hypot(lightness, color), delta_e2000(first, second), rtol=1e-9)
    as_light, as_colored = (
        np.column_stack(both) for both in ((first[:, 0], second[:, 1:]), (second[:, 0], first[:, 1:]))
    )
    np.testing.assert_allclose(color, delta_e2000(first, as_light), rtol=1e-9)
    np.testing.assert_allclose(lightness, delta_e2000(first, as_colored), rtol=1e-9)
