import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kernels.guided_filter import GUIDED_BAND, guided_filter, guided_filter_launches, guided_workspace_bytes
from tests.engine.kernels.device_arrays import address_of, plane

every_guide = pytest.mark.parametrize("channels", [1, 3])


def scene(height, width, channels, seed=0, padding=0):
    """A guide of noise on two flat halves, and a matte that follows them roughly."""
    guide = plane((height, width, 3)[: 2 if channels == 1 else 3], seed, padding=padding)
    guide[...] = guide // 8
    guide[:, width // 2 :] += 180
    matte = np.random.default_rng(seed).uniform(0, 0.4, (height, width)).astype(np.float32)
    matte[:, width // 2 :] += np.float32(0.6)
    return guide, matte


def refined(launch_on_cpu, guide, matte, radius, epsilon, band_px=None):
    """The kernel's answer, band by band, each with a workspace of exactly its size."""
    height, width = matte.shape
    channels, target = 1 if guide.ndim == 2 else 3, np.full(matte.shape, np.nan, np.float32)
    bands = np.zeros(-(-height // (band_px or height)), GUIDED_BAND)
    for name, array in (("guide", guide), ("matte", matte), ("target", target)):
        bands[name], bands[f"{name}_pitch_bytes"] = address_of(array), array.strides[0]
    bands["height"], bands["width"] = height, width
    bands["y"] = np.arange(len(bands)) * (band_px or height)
    bands["rows"] = np.minimum(height - bands["y"], band_px or height)
    spaces = [np.full(guided_workspace_bytes(band, channels, radius) // 4, np.nan, np.float32) for band in bands]
    bands["workspace"] = [address_of(space) for space in spaces]
    for launch in guided_filter_launches(bands, address_of(bands), channels, radius, epsilon):
        launch_on_cpu(launch)
    return target


@every_guide
@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.integers(1, 50), st.integers(0, 60), st.sampled_from([1e-4, 1e-2]), st.integers(0, 5))
def test_any_matte_is_refined_within_two_hundred_thousandths(
    launch_on_cpu, channels, height, width, radius, epsilon, padding
):
    guide, matte = scene(height, width, channels, height, padding)
    received = refined(launch_on_cpu, guide, matte, radius, epsilon)
    np.testing.assert_allclose(received, guided_filter(guide, matte, radius, epsilon), rtol=0, atol=2e-5)


@every_guide
@pytest.mark.parametrize("size", [(1, 1), (1, 700), (700, 1), (150, 131)], ids=str)
@pytest.mark.parametrize("radius", [0, 1, 16, 1000, 2**30])
def test_extreme_pictures_and_radii_are_refined(launch_on_cpu, channels, size, radius):
    guide, matte = scene(*size, channels)
    received = refined(launch_on_cpu, guide, matte, radius, 1e-4)
    np.testing.assert_allclose(received, guided_filter(guide, matte, radius, 1e-4), rtol=0, atol=2e-5)


@every_guide
def test_the_smallest_epsilon_stated_keeps_within_its_bound(launch_on_cpu, channels):
    guide, matte = scene(90, 80, channels)
    received = refined(launch_on_cpu, guide, matte, 8, 1e-6)
    np.testing.assert_allclose(received, guided_filter(guide, matte, 8, 1e-6), rtol=0, atol=2e-4)


@every_guide
@pytest.mark.parametrize("band_px", [1, 7, 64])
def test_a_picture_cut_into_bands_gives_the_same_answer(launch_on_cpu, channels, band_px):
    guide, matte = scene(100, 37, channels)
    whole = refined(launch_on_cpu, guide, matte, 5, 1e-4)
    np.testing.assert_allclose(refined(launch_on_cpu, guide, matte, 5, 1e-4, band_px), whole, rtol=0, atol=1e-6)


@every_guide
def test_the_same_launch_gives_the_same_bits_again(launch_on_cpu, channels):
    guide, matte = scene(60, 70, channels)
    first, second = (refined(launch_on_cpu, guide, matte, 9, 1e-4) for _ in range(2))
    np.testing.assert_array_equal(first, second)


@every_guide
def test_the_reference_equals_the_papers_equations_computed_window_by_window(channels):
    guide, matte = scene(9, 8, channels)
    radius, epsilon = 2, 1e-3
    colors = np.atleast_3d(guide) / 255
    fits = np.empty((9, 8, channels + 1))
    for y, x in np.ndindex(9, 8):
        window = np.s_[max(0, y - radius) : y + radius + 1, max(0, x - radius) : x + radius + 1]
        guide_values, alphas = colors[window].reshape(-1, channels), matte[window].ravel().astype(float)
        covariance = np.cov(guide_values.T, bias=True).reshape(channels, channels) + epsilon * np.eye(channels)
        shared = (guide_values * alphas[:, None]).mean(axis=0) - guide_values.mean(axis=0) * alphas.mean()
        slopes = np.linalg.solve(covariance, shared)
        fits[y, x] = *slopes, alphas.mean() - slopes @ guide_values.mean(axis=0)
    expected = np.empty((9, 8))
    for y, x in np.ndindex(9, 8):
        window = np.s_[max(0, y - radius) : y + radius + 1, max(0, x - radius) : x + radius + 1]
        mean = fits[window].reshape(-1, channels + 1).mean(axis=0)
        expected[y, x] = mean[:-1] @ colors[y, x] + mean[-1]
    np.testing.assert_allclose(guided_filter(guide, matte, radius, epsilon), expected.clip(0, 1), atol=1e-6)


@every_guide
def test_a_wide_soft_step_is_drawn_to_the_guides_edge(channels):
    guide = np.zeros((40, 60, 3)[: 2 if channels == 1 else 3], np.uint8)
    guide[:, 30:] = 200
    matte = np.clip((np.arange(60, dtype=np.float32) - 24) / 12, 0, 1)[None].repeat(40, axis=0)
    answer = guided_filter(guide, matte, 8, 1e-4)
    assert answer[20, 30] - answer[20, 29] > 5 * (matte[20, 30] - matte[20, 29])


def test_an_empty_table_needs_no_launch():
    assert all(launch.is_empty for launch in guided_filter_launches(np.zeros(0, GUIDED_BAND), 0, 3, 4, 1e-4))


@pytest.mark.parametrize(("channels", "radius", "epsilon"), [(2, 1, 1e-4), (3, -1, 1e-4), (1, 1, 0.0)])
def test_what_the_filter_cannot_do_is_refused(channels, radius, epsilon):
    with pytest.raises(ValueError, match="channels 1 or 3, radius from 0 and epsilon above 0"):
        guided_filter_launches(np.zeros(1, GUIDED_BAND), 0, channels, radius, epsilon)
