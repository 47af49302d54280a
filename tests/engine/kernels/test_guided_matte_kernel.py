import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kernels.guided_matte import GUIDED_MATTE_IMAGE, guided_matte, guided_matte_launch
from engine.pixels import matte
from tests.engine.kernels.device_arrays import address_of, picture, pictures, plane


def maps_of(height, width, seed=0):
    """Slopes, an offset and bounds, the lower one below the upper."""
    rng = np.random.default_rng(seed)
    slopes, offset = rng.uniform(-2, 2, (3, height, width)), rng.uniform(-1, 1.5, (1, height, width))
    bounds = np.sort(rng.uniform(-0.1, 1.1, (2, height, width)), axis=0)
    return np.concatenate([slopes, offset, bounds]).astype(np.float32)


def table_of(images, mattes, maps):
    rows = []
    for image, target, each in zip(images, mattes, maps, strict=True):
        addresses = address_of(image), image.strides[0], address_of(each), address_of(target), target.strides[0]
        rows.append((*addresses, *image.shape[:2], *each.shape[1:], 0, 0))
    return np.array(rows, GUIDED_MATTE_IMAGE)


@settings(max_examples=60, deadline=None)
@given(st.lists(pictures, min_size=1, max_size=3), st.integers(1, 30), st.integers(1, 30), st.integers(0, 3))
def test_any_matte_is_within_one_code_value_of_the_reference(launch_on_cpu, images, height, width, offset):
    maps = [maps_of(height, width, seed) for seed in range(len(images))]
    mattes = [plane(image.shape[:2], 7, padding=offset, offset=offset) for image in images]
    table = table_of(images, mattes, maps)
    launch_on_cpu(guided_matte_launch(table, address_of(table)))
    for image, received, each in zip(images, mattes, maps, strict=True):
        assert np.abs(received.astype(int) - guided_matte(image, each)).max() <= 1


def test_a_matte_differs_from_the_reference_in_less_than_one_value_of_a_thousand(launch_on_cpu):
    image, maps = picture(200, 301), maps_of(50, 76)
    received = plane(image.shape[:2])
    table = table_of([image], [received], [maps])
    launch_on_cpu(guided_matte_launch(table, address_of(table)))
    assert (received != guided_matte(image, maps)).mean() < 1e-3


def test_extreme_pictures_get_their_mattes_and_nothing_beside_them_is_touched(launch_on_cpu):
    images = [picture(1, 1), picture(1, 999), picture(999, 1), picture(33, 64, padding=1, offset=3)]
    wide = [plane((image.shape[0], image.shape[1] + 5)) for image in images]
    before, maps = [around.copy() for around in wide], maps_of(12, 9)
    table = table_of(images, [around[:, 2:-3] for around in wide], [maps] * 4)
    launch_on_cpu(guided_matte_launch(table, address_of(table)))
    for image, around, old in zip(images, wide, before, strict=True):
        assert np.abs(around[:, 2:-3].astype(int) - guided_matte(image, maps)).max() <= 1
        np.testing.assert_array_equal(around[:, :2], old[:, :2])
        np.testing.assert_array_equal(around[:, -3:], old[:, -3:])


def test_maps_are_enlarged_as_opencv_enlarges():
    offset = np.random.default_rng(2).random((13, 9), np.float32)
    maps = np.stack([*np.zeros((3, 13, 9)), offset, np.zeros((13, 9)), np.ones((13, 9))]).astype(np.float32)
    expected = cv2.resize(offset, (50, 70), interpolation=cv2.INTER_LINEAR) * 255
    assert np.abs(guided_matte(picture(70, 50), maps) - expected).max() <= 0.51


def test_maps_of_the_photos_own_size_are_taken_as_they_are():
    image, maps = picture(6, 7), maps_of(6, 7)
    guided = np.einsum("chw,hwc->hw", maps[:3].astype(np.float64), image / 255) + maps[3]
    expected = np.floor(np.clip(np.clip(guided, maps[4], maps[5]), 0, 1) * 255 + 0.5)
    np.testing.assert_array_equal(guided_matte(image, maps), expected)


def test_it_is_what_the_cpu_path_makes_of_a_photo():
    rows, columns = np.mgrid[:350, :267]
    disc = (rows - 170) ** 2 + (columns - 130) ** 2 < 90**2
    photo = cv2.GaussianBlur(picture(350, 267), (0, 0), 3) // 2 + np.uint8(100) * disc[..., None]
    small = matte.shrink(photo, 89, 117)
    coarse = cv2.resize(disc.astype(np.float32), (89, 117), interpolation=cv2.INTER_AREA)
    slopes, offset = matte._guided_coefficients(small, coarse)
    fit = np.concatenate([slopes.transpose(2, 0, 1), offset[None] - 0.05]) / 0.9  # as the CPU path stretches it
    maps = np.concatenate([fit, np.stack(matte._neighbourhood(coarse))]).astype(np.float32)
    expected = matte.full_alpha(photo, small, coarse)
    assert np.abs(guided_matte(photo, maps).astype(int) - expected).max() <= 1


@pytest.mark.parametrize(("side", "map_side"), [(9, 0), (3_000_000, 400)])
def test_maps_without_pixels_and_sides_that_overflow_are_refused(side, map_side):
    table = np.zeros(1, GUIDED_MATTE_IMAGE)
    table["height"] = table["width"] = side
    table["map_height"] = table["map_width"] = map_side
    with pytest.raises(ValueError, match=r"2 x height x map_height is 2\.\.2147483647; received"):
        guided_matte_launch(table, 0)


def test_an_empty_table_needs_no_launch():
    assert guided_matte_launch(np.zeros(0, GUIDED_MATTE_IMAGE), 0).is_empty
