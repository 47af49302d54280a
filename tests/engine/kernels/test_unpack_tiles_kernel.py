import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kernels.unpack_tiles import FAULT, UNPACK_UNIT, Core, CoreStrip, unpack_strips, unpack_tiles_launch
from tests.engine.kernels.device_arrays import FORMATS, address_of, batch_of, picture

every_format = pytest.mark.parametrize(("dtype", "last"), FORMATS)


def table_of(strips):
    rows = [
        (address_of(image), image.strides[0], y, x, height, width, slot, row, column, 0)
        for (image, y, x, height, width), slot, row, column in strips
    ]
    return np.array(rows, UNPACK_UNIT)


def unpack_on_cpu(launch_on_cpu, strips, batch, last):
    table, faults = table_of(strips), np.zeros(len(strips), FAULT)
    launch_on_cpu(unpack_tiles_launch(table, address_of(table), batch.described(last), address_of(faults)))
    return faults


def noise_batch(shape, dtype, last, seed=0, channels=3):
    batch = batch_of(*shape, dtype, last, channels)
    batch.memory[...] = np.random.default_rng(seed).uniform(-0.3, 1.3, batch.memory.shape)
    return batch


def assert_parity(launch_on_cpu, strips, batch, last):
    """Every byte of the pictures, those outside the cores included, and every fault."""
    pictures = {id(strip.core.image): strip.core.image for strip in strips}
    before = {key: image.copy() for key, image in pictures.items()}
    received_faults = unpack_on_cpu(launch_on_cpu, strips, batch, last)
    received = {key: image.copy() for key, image in pictures.items()}
    for key, image in pictures.items():
        image[...] = before[key]
    np.testing.assert_array_equal(received_faults, unpack_strips(batch.nchw, strips))
    for key, image in pictures.items():
        np.testing.assert_array_equal(received[key], image)


@st.composite
def stitchings(draw, channels):
    """Cores cut from anywhere in the slots, stacked in pictures of any pitch and alignment."""
    shape = draw(st.integers(1, 3)), draw(st.integers(1, 20)), draw(st.integers(1, 40))
    strips = []
    for _ in range(draw(st.integers(0, 5))):
        row, column = draw(st.integers(0, shape[1] - 1)), draw(st.integers(0, shape[2] - 1))
        height, width = draw(st.integers(1, shape[1] - row)), draw(st.integers(1, shape[2] - column))
        y, x = draw(st.integers(0, 5)), draw(st.integers(0, 5))
        right, padding, offset = (draw(st.integers(0, 3)) for _ in range(3))
        image = picture(y + height, x + width + right, padding=padding, offset=offset, channels=channels)
        strips.append(CoreStrip(Core(image, y, x, height, width), draw(st.integers(0, shape[0] - 1)), row, column))
    return strips, shape, draw(st.integers(0, 9)), channels


@every_format
@settings(max_examples=60, deadline=None)
@given(st.sampled_from((1, 3)).flatmap(stitchings))
def test_any_stitching_equals_the_reference_byte_for_byte(launch_on_cpu, dtype, last, stitching):
    strips, shape, seed, channels = stitching
    assert_parity(launch_on_cpu, strips, noise_batch(shape, dtype, last, seed, channels), last)


@every_format
@pytest.mark.parametrize("channels", [1, 3])
def test_a_full_batch_of_aligned_cores_of_one_picture_is_stitched(launch_on_cpu, dtype, last, channels):
    image = picture(80, 64, channels=channels)
    cores = [(Core(image, 20 * n, 32 * k, 20, 32), n, 4, 40 * k + 4) for n in range(4) for k in range(2)]
    batch = noise_batch((4, 28, 80), dtype, last, channels=channels)
    assert_parity(launch_on_cpu, [CoreStrip(*core) for core in cores], batch, last)


@every_format
def test_values_at_the_edge_of_rounding_go_the_references_way(launch_on_cpu, dtype, last):
    batch = batch_of(1, 3, 1024, dtype, last)
    halves = ((np.arange(1024) / 4 + 0.5) / 255).astype(dtype)
    for row, direction in enumerate((-1, 0, 1)):
        batch.nchw[0, :, row] = np.nextafter(halves, dtype(direction * 9)) if direction else halves
    strips = [CoreStrip(Core(picture(3, 1024), 0, 0, 3, 1024), 0, 0, 0)]
    assert_parity(launch_on_cpu, strips, batch, last)


@every_format
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf], ids=str)
def test_a_value_that_is_not_finite_marks_its_own_unit_alone(launch_on_cpu, dtype, last, bad):
    batch = noise_batch((1, 9, 30), dtype, last)
    batch.nchw[0, 1, 4, 13] = bad
    strips = [CoreStrip(Core(picture(9, 7), 0, 0, 9, 7), 0, 0, column) for column in (0, 7, 14, 21)]
    assert unpack_on_cpu(launch_on_cpu, strips, batch, last).tolist() == [0, 1, 0, 0]
    assert_parity(launch_on_cpu, strips, batch, last)


@every_format
def test_what_lies_outside_the_cores_marks_nobody(launch_on_cpu, dtype, last):
    batch = batch_of(1, 12, 40, dtype, last)
    batch.nchw[0, :, 3:9, 5:23] = 0.5
    image = picture(6, 18)
    assert unpack_on_cpu(launch_on_cpu, [CoreStrip(Core(image, 0, 0, 6, 18), 0, 3, 5)], batch, last).tolist() == [0]
    assert (image == 128).all()


@pytest.mark.parametrize(("dtype", "last"), [(np.float16, True), (np.float32, False)])
def test_more_units_than_a_grid_has_rows_are_stitched_in_one_launch(launch_on_cpu, dtype, last):
    count = 65_536 + 3
    image, batch = picture(count, 2), noise_batch((count, 2, 3), dtype, last)
    strips = [CoreStrip(Core(image, n, 0, 1, 2), n, n % 2, n % 2) for n in range(count)]
    assert_parity(launch_on_cpu, strips, batch, last)


def test_an_empty_table_needs_no_launch(launch_on_cpu):
    batch = batch_of(1, 4, 4, np.float32, True)
    assert unpack_tiles_launch(table_of([]), 0, batch.described(True), 0).is_empty
    assert unpack_on_cpu(launch_on_cpu, [], batch, True).tolist() == []
