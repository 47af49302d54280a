"""lut3d and composite: kernels that map whole pictures to whole pictures."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kernels.composite import COMPOSITE_IMAGE, composite, composite_launch
from engine.kernels.lut3d import LUT3D_IMAGE, lut3d, lut3d_launch
from tests.engine.kernels.device_arrays import address_of, blank_like, picture, pictures, plane

EXTREMES = [picture(1, 1), picture(1, 999), picture(999, 1), picture(33, 64, padding=1, offset=3)]
offsets = st.integers(0, 3)


def ends_of(image, target):
    """The columns that the table of lut3d begins with."""
    return address_of(image), image.strides[0], address_of(target), target.strides[0]


def table_of_luts(images, targets, luts):
    rows = [
        (*ends_of(image, target), address_of(lut), *image.shape[:2], lut.shape[1], 0)
        for image, target, lut in zip(images, targets, luts, strict=True)
    ]
    return np.array(rows, LUT3D_IMAGE)


def mapped(launch_on_cpu, images, luts):
    targets = [blank_like(image) for image in images]
    table = table_of_luts(images, targets, luts)
    launch_on_cpu(lut3d_launch(table, address_of(table)))
    return targets


def noise_lut(steps, seed=0):
    return np.random.default_rng(seed).uniform(-0.1, 1.1, (3, steps, steps, steps)).astype(np.float32)


@settings(max_examples=60, deadline=None)
@given(st.lists(pictures, min_size=1, max_size=3), st.integers(2, 33))
def test_any_3d_lut_is_within_one_code_value_of_the_reference(launch_on_cpu, images, steps):
    luts = [noise_lut(steps, seed) for seed in range(len(images))]
    for image, lut, target in zip(images, luts, mapped(launch_on_cpu, images, luts), strict=True):
        assert np.abs(target.astype(int) - lut3d(image, lut)).max() <= 1


@pytest.mark.parametrize("steps", [2, 17, 33])
def test_a_3d_lut_differs_from_the_reference_in_less_than_one_value_of_ten_thousand(launch_on_cpu, steps):
    image, lut = picture(200, 301), noise_lut(steps)
    (target,) = mapped(launch_on_cpu, [image], [lut])
    assert (target != lut3d(image, lut)).mean() < 1e-4


def test_the_identity_3d_lut_changes_no_code_value_even_in_place(launch_on_cpu):
    light = pytest.importorskip("engine.pixels.light", reason="OpenCV is absent")
    image = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)
    before, lut = image.copy(), light.identity_lut3d(17)
    table = table_of_luts([image], [image], [lut])
    launch_on_cpu(lut3d_launch(table, address_of(table)))
    np.testing.assert_array_equal(image, before)


def test_extreme_pictures_are_mapped_and_nothing_beside_them_is_touched(launch_on_cpu):
    wide = [picture(image.shape[0], image.shape[1] + 5) for image in EXTREMES]
    before, lut = [around.copy() for around in wide], noise_lut(5)
    table = table_of_luts(EXTREMES, [around[:, 2:-3] for around in wide], [lut] * 4)
    launch_on_cpu(lut3d_launch(table, address_of(table)))
    for image, around, old in zip(EXTREMES, wide, before, strict=True):
        assert np.abs(around[:, 2:-3].astype(int) - lut3d(image, lut)).max() <= 1
        np.testing.assert_array_equal(around[:, :2], old[:, :2])
        np.testing.assert_array_equal(around[:, -3:], old[:, -3:])


def composited(launch_on_cpu, foreground, background, matte, target):
    below = (address_of(background), background.strides[0]) if background.ndim == 3 else (0, 0)
    color = (0, 0, 0, 0) if background.ndim == 3 else (*background.tolist(), 0)
    row = (address_of(foreground), foreground.strides[0], *below, address_of(matte), matte.strides[0])
    row += (address_of(target), target.strides[0], *foreground.shape[:2], color, 0)
    table = np.array([row], COMPOSITE_IMAGE)
    launch_on_cpu(composite_launch(table, address_of(table), matte.dtype))
    return target


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@settings(max_examples=60, deadline=None)
@given(pictures, offsets, st.booleans())
def test_any_composite_equals_the_reference_byte_for_byte(launch_on_cpu, dtype, foreground, offset, plain):
    matte = plane(foreground.shape[:2], 5, padding=offset)
    if dtype == np.float32:
        matte = (matte.astype(np.float32) - 20) / np.float32(215)
    background = np.array([250, 3, 128], np.uint8) if plain else blank_like(foreground, offset)
    received = composited(launch_on_cpu, foreground, background, matte, blank_like(foreground))
    np.testing.assert_array_equal(received, composite(foreground, background, matte))


def test_a_composite_over_a_colour_equals_what_the_cpu_path_lays_on_it(launch_on_cpu):
    color = pytest.importorskip("engine.pixels.color", reason="OpenCV is absent")
    foreground, matte = picture(37, 53), plane((37, 53), 3)
    expected = color.flatten(np.dstack([foreground, matte]), (255, 254, 7))
    received = composited(launch_on_cpu, foreground, np.array([255, 254, 7], np.uint8), matte, blank_like(foreground))
    np.testing.assert_array_equal(received, expected)


def test_a_composite_may_be_written_over_its_foreground(launch_on_cpu):
    foreground, background = picture(9, 21), picture(9, 21, 4)
    matte = np.random.default_rng(0).random((9, 21), np.float32)
    expected = composite(foreground, background, matte)
    np.testing.assert_array_equal(composited(launch_on_cpu, foreground, background, matte, foreground), expected)


def test_a_matte_value_that_is_no_number_shows_the_background(launch_on_cpu):
    foreground, background = picture(1, 3), picture(1, 3, 4)
    matte = np.array([[np.nan, 1, 0]], np.float32)
    expected = composite(foreground, background, matte)
    received = composited(launch_on_cpu, foreground, background, matte, blank_like(foreground))
    np.testing.assert_array_equal(received, expected)
    np.testing.assert_array_equal(received[0, 0], background[0, 0])


def test_more_pictures_than_a_grid_has_rows_are_mapped_in_one_launch(launch_on_cpu):
    count = 65_536 + 3
    images, lut, target = picture(count, 1), noise_lut(3), picture(count, 1, 8)
    rows = [
        (address_of(images) + 3 * n, 3, address_of(target) + 3 * n, 3, address_of(lut), 1, 1, 3, 0)
        for n in range(count)
    ]
    table = np.array(rows, LUT3D_IMAGE)
    launch_on_cpu(lut3d_launch(table, address_of(table)))
    assert np.abs(target.astype(int) - lut3d(images, lut)).max() <= 1


def test_empty_tables_need_no_launch():
    assert lut3d_launch(np.zeros(0, LUT3D_IMAGE), 0).is_empty
    assert composite_launch(np.zeros(0, COMPOSITE_IMAGE), 0, np.dtype(np.uint8)).is_empty
