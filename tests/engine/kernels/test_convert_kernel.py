import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kernels.convert import codes_to_floats, codes_to_floats_launch, floats_to_codes, floats_to_codes_launch
from tests.engine.kernels.device_arrays import FORMATS, address_of, batch_of

every_format = pytest.mark.parametrize(("dtype", "last"), FORMATS)
sizes = st.tuples(st.integers(1, 4), st.integers(1, 13), st.integers(1, 17))


def noise(size, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)


def to_floats(launch_on_cpu, images, dtype, last):
    batch = batch_of(*images.shape[:3], dtype, last)
    launch_on_cpu(codes_to_floats_launch(address_of(images), batch.described(last), len(images)))
    return batch


def to_codes(launch_on_cpu, batch, last):
    count, _, height, width = batch.nchw.shape
    images = np.full((count, height, width, 3), 77, np.uint8)
    launch_on_cpu(floats_to_codes_launch(address_of(images), batch.described(last), count))
    return images


@every_format
@settings(max_examples=40, deadline=None)
@given(sizes)
def test_any_batch_of_codes_becomes_the_references_floats_bit_for_bit(launch_on_cpu, dtype, last, size):
    images, expected = noise(size), batch_of(*size, dtype, last)
    codes_to_floats(images, expected.nchw)
    np.testing.assert_array_equal(to_floats(launch_on_cpu, images, dtype, last).memory, expected.memory)


@every_format
@settings(max_examples=40, deadline=None)
@given(sizes)
def test_any_batch_of_floats_becomes_the_references_codes(launch_on_cpu, dtype, last, size):
    batch, expected = batch_of(*size, dtype, last), np.empty((*size, 3), np.uint8)
    batch.memory[...] = np.random.default_rng(1).uniform(-0.3, 1.3, batch.memory.shape)
    floats_to_codes(batch.nchw, expected)
    np.testing.assert_array_equal(to_codes(launch_on_cpu, batch, last), expected)


@every_format
def test_there_and_back_returns_every_code_value(launch_on_cpu, dtype, last):
    images = np.arange(768, dtype=np.uint16).astype(np.uint8).reshape(1, 16, 16, 3)
    there = to_floats(launch_on_cpu, images, dtype, last)
    np.testing.assert_array_equal(to_codes(launch_on_cpu, there, last), images)


@every_format
def test_more_images_than_a_grid_has_rows_are_converted_in_one_launch(launch_on_cpu, dtype, last):
    images = noise((65_536 + 3, 1, 2))
    there = to_floats(launch_on_cpu, images, dtype, last)
    np.testing.assert_array_equal(to_codes(launch_on_cpu, there, last), images)


@every_format
def test_an_empty_batch_needs_no_launch(dtype, last):
    described = batch_of(1, 4, 4, dtype, last).described(last)
    assert codes_to_floats_launch(0, described, 0).is_empty
    assert floats_to_codes_launch(0, described, 0).is_empty
