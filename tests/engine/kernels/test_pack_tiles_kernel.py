import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kernels.pack_tiles import PACK_UNIT, Strip, Window, pack_strips, pack_tiles_launch
from tests.engine.kernels.device_arrays import FORMATS, address_of, batch_of, picture, pictures_of

every_format = pytest.mark.parametrize(("dtype", "last"), FORMATS)


def table_of(strips):
    rows = [
        (address_of(image), image.strides[0], *image.shape[:2], y, x, slot, slot_x, width, 0)
        for (image, y, x), slot, slot_x, width in strips
    ]
    return np.array(rows, PACK_UNIT)


def assert_parity(launch_on_cpu, strips, shape, dtype, last):
    """Bit for bit, and nothing written between the units: both batches start out as NaN."""
    channels = strips[0].window.image.shape[2] if strips else 3
    received, expected = (batch_of(*shape, dtype, last, channels) for _ in range(2))
    table = table_of(strips)
    launch_on_cpu(pack_tiles_launch(table, address_of(table), received.described(last)))
    pack_strips(strips, expected.nchw)
    np.testing.assert_array_equal(received.memory, expected.memory)


@st.composite
def packings(draw, channels):
    """Units side by side in the slots, as many as fit."""
    count, height, width = draw(st.integers(1, 3)), draw(st.integers(1, 20)), draw(st.integers(1, 48))
    strips = []
    for slot in range(count):
        slot_x = draw(st.integers(0, 8))
        while slot_x < width and draw(st.booleans()):
            window = Window(draw(pictures_of(channels)), draw(st.integers(-60, 60)), draw(st.integers(-90, 90)))
            strips.append(Strip(window, slot, slot_x, draw(st.integers(1, width - slot_x))))
            slot_x += strips[-1].width + draw(st.integers(0, 4))
    return strips, (count, height, width)


@every_format
@settings(max_examples=60, deadline=None)
@given(st.sampled_from((3, 4)).flatmap(packings))
def test_any_packing_equals_the_reference_bit_for_bit(launch_on_cpu, dtype, last, packing):
    assert_parity(launch_on_cpu, *packing, dtype, last)


@every_format
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("size", [(1, 1), (1, 57), (57, 1), (2, 2), (3, 1000), (1000, 3)], ids=str)
def test_a_window_may_lie_far_outside_a_tiny_or_narrow_picture(launch_on_cpu, dtype, last, size, channels):
    image = picture(*size, channels=channels)
    strips = [Strip(Window(image, y, x), slot, 4, 16) for slot, (y, x) in enumerate([(-999, 1234), (5000, -4999)])]
    assert_parity(launch_on_cpu, strips, (2, 9, 24), dtype, last)


@every_format
@pytest.mark.parametrize("channels", [3, 4])
def test_a_full_batch_of_aligned_units_fills_every_element(launch_on_cpu, dtype, last, channels):
    image = picture(70, 90, padding=2, channels=channels)
    strips = [Strip(Window(image, 8 * n - 8, 16 * k - 16), n, 32 * k, 32) for n in range(4) for k in range(2)]
    received = batch_of(4, 40, 64, dtype, last, channels)
    table = table_of(strips)
    launch_on_cpu(pack_tiles_launch(table, address_of(table), received.described(last)))
    assert np.isfinite(received.memory).all()
    assert_parity(launch_on_cpu, strips, (4, 40, 64), dtype, last)


@every_format
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("offset", range(4))
def test_a_window_may_end_where_its_pictures_memory_ends(launch_on_cpu, dtype, last, offset, channels):
    image = picture(3, 8, padding=1, offset=offset, channels=channels)
    strips = [Strip(Window(image, 0, 0), 0, 1, 8), Strip(Window(image, 0, 4), 0, 10, 4)]
    assert_parity(launch_on_cpu, strips, (1, 3, 14), dtype, last)


@every_format
def test_every_code_value_becomes_its_exact_quotient_by_255(launch_on_cpu, dtype, last):
    image = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)
    batch = batch_of(1, 16, 16, dtype, last)
    table = table_of([Strip(Window(image, 0, 0), 0, 0, 16)])
    launch_on_cpu(pack_tiles_launch(table, address_of(table), batch.described(last)))
    expected = (np.arange(256, dtype=np.float32) / np.float32(255)).astype(dtype).reshape(16, 16)
    for channel in range(3):
        np.testing.assert_array_equal(batch.nchw[0, channel], expected)


@pytest.mark.parametrize(("dtype", "last"), [(np.float16, False), (np.float32, True)])
def test_more_units_than_a_grid_has_rows_are_packed_in_one_launch(launch_on_cpu, dtype, last):
    image, count = picture(5, 7), 65_536 + 3
    strips = [Strip(Window(image, n % 11 - 4, n % 13 - 4), n, 0, 2) for n in range(count)]
    assert_parity(launch_on_cpu, strips, (count, 2, 2), dtype, last)


def test_an_empty_table_needs_no_launch(launch_on_cpu):
    batch = batch_of(1, 4, 4, np.float16, False)
    launch = pack_tiles_launch(table_of([]), 0, batch.described(False))
    assert launch.is_empty
    launch_on_cpu(launch)
    assert np.isnan(batch.memory).all()
