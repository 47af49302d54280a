import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kernels.local_light import LOCAL_LIGHT_IMAGE, local_light, local_light_launch
from tests.engine.kernels.device_arrays import address_of, blank_like, picture, pictures

EXTREMES = [picture(1, 1), picture(1, 999), picture(999, 1), picture(33, 64, padding=1, offset=3)]


def ends_of(image, target):
    """The columns that the table begins with."""
    return address_of(image), image.strides[0], address_of(target), target.strides[0]


def table_of(images, targets, maps):
    rows = [
        (*ends_of(image, target), address_of(stops), *image.shape[:2], *stops.shape[1:], 0, 0)
        for image, target, stops in zip(images, targets, maps, strict=True)
    ]
    return np.array(rows, LOCAL_LIGHT_IMAGE)


def noise_map(down, across, seed=0):
    return np.random.default_rng(seed).uniform(-0.5, 2.0, (3, down, across)).astype(np.float32)


@settings(max_examples=60, deadline=None)
@given(st.lists(pictures, min_size=1, max_size=3), st.integers(1, 13), st.integers(1, 13))
def test_any_map_is_within_one_code_value_of_the_reference(launch_on_cpu, images, down, across):
    maps = [noise_map(down, across, seed) for seed in range(len(images))]
    targets = [blank_like(image) for image in images]
    table = table_of(images, targets, maps)
    launch_on_cpu(local_light_launch(table, address_of(table)))
    for image, stops, target in zip(images, maps, targets, strict=True):
        assert np.abs(target.astype(int) - local_light(image, stops)).max() <= 1


def test_it_differs_from_the_reference_in_less_than_one_value_of_a_thousand(launch_on_cpu):
    image, stops = picture(200, 301), noise_map(12, 12)
    target = blank_like(image)
    table = table_of([image], [target], [stops])
    launch_on_cpu(local_light_launch(table, address_of(table)))
    assert (target != local_light(image, stops)).mean() < 1e-3


def test_extreme_pictures_are_lit_and_nothing_beside_them_is_touched(launch_on_cpu):
    wide = [picture(image.shape[0], image.shape[1] + 5) for image in EXTREMES]
    before, stops = [around.copy() for around in wide], noise_map(12, 12)
    table = table_of(EXTREMES, [around[:, 2:-3] for around in wide], [stops] * 4)
    launch_on_cpu(local_light_launch(table, address_of(table)))
    for image, around, old in zip(EXTREMES, wide, before, strict=True):
        assert np.abs(around[:, 2:-3].astype(int) - local_light(image, stops)).max() <= 1
        np.testing.assert_array_equal(around[:, :2], old[:, :2])
        np.testing.assert_array_equal(around[:, -3:], old[:, -3:])


def test_a_map_of_zeros_changes_no_code_value_even_in_place(launch_on_cpu):
    image = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)
    before, stops = image.copy(), np.zeros((3, 12, 12), np.float32)
    table = table_of([image], [image], [stops])
    launch_on_cpu(local_light_launch(table, address_of(table)))
    np.testing.assert_array_equal(image, before)


def test_a_map_without_knots_is_refused_and_no_pictures_need_no_launch():
    table = np.zeros(1, LOCAL_LIGHT_IMAGE)
    with pytest.raises(ValueError, match="1 knot or more"):
        local_light_launch(table, 0)
    assert local_light_launch(np.zeros(0, LOCAL_LIGHT_IMAGE), 0).is_empty
