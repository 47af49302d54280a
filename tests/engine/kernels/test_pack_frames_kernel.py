import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from engine.kernels.pack_frames import PACK_FRAME, enlarge, pack_frames, pack_frames_launch
from tests.engine.kernels.device_arrays import FORMATS, address_of, batch_of, picture, pictures_of

every_format = pytest.mark.parametrize(("dtype", "last"), FORMATS)
NORMALISED = ((4.4, 4.5, 4.6, 1.7), (-2.1, -2.0, -1.8, -0.9))
PLAIN = ((1.0,) * 4, (0.0,) * 4)


any_picture = st.sampled_from((3, 4)).flatmap(pictures_of)
some_pictures = st.sampled_from((3, 4)).flatmap(lambda channels: st.lists(pictures_of(channels), max_size=3))


def table_of(images, slots, scale, bias, bicubic):
    rows = [
        (address_of(image), image.strides[0], *image.shape[:2], slot, bicubic, scale, bias)
        for image, slot in zip(images, slots, strict=True)
    ]
    return np.array(rows, PACK_FRAME)


def packed_twice(launch_on_cpu, images, size, form, normalisation=PLAIN, bicubic=False):
    """The kernel's batch and the reference's; the images fill the slots from the last to the first."""
    channels = images[0].shape[2] if images else 3
    received, expected = (batch_of(len(images), *size, *form, channels) for _ in range(2))
    table = table_of(images, range(len(images))[::-1], *normalisation, bicubic)
    launch_on_cpu(pack_frames_launch(table, address_of(table), received.described(form[1])))
    pack_frames(images[::-1], expected.nchw, *normalisation, bicubic)
    return received.memory, expected.memory


@every_format
@settings(max_examples=40, deadline=None)
@given(some_pictures, st.integers(1, 17), st.integers(1, 19), st.sampled_from([PLAIN, NORMALISED]))
def test_any_frame_by_area_equals_the_reference_bit_for_bit(launch_on_cpu, dtype, last, images, height, width, scaling):
    np.testing.assert_array_equal(*packed_twice(launch_on_cpu, images, (height, width), (dtype, last), scaling))


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (2, 2999), (501, 499)], ids=str)
def test_extreme_pictures_are_averaged_bit_for_bit(launch_on_cpu, size, channels):
    images = [picture(*size, channels=channels)]
    np.testing.assert_array_equal(*packed_twice(launch_on_cpu, images, (7, 5), (np.float32, False)))


def test_the_brightest_large_picture_does_not_overflow_its_sums(launch_on_cpu):
    white = np.full((4100, 4200, 3), 255, np.uint8)
    received, _ = packed_twice(launch_on_cpu, [white], (1, 1), (np.float32, False))
    assert (received == 1).all()


@settings(max_examples=60, deadline=None)
@given(any_picture, st.integers(1, 50), st.integers(1, 60), st.sampled_from([PLAIN, NORMALISED]))
def test_any_bicubic_frame_is_within_two_millionths_of_the_scale(launch_on_cpu, image, height, width, scaling):
    received, expected = packed_twice(launch_on_cpu, [image], (height, width), (np.float32, False), scaling, True)
    np.testing.assert_allclose(received, expected, rtol=0, atol=2e-6 * max(scaling[0]))


@every_format
def test_a_bicubic_frame_is_written_in_every_format(launch_on_cpu, dtype, last):
    images = [picture(9, 11), picture(30, 5)]  # the second is no enlargement: by area
    received, expected = packed_twice(launch_on_cpu, images, (20, 24), (dtype, last), NORMALISED, True)
    np.testing.assert_allclose(received, expected, rtol=0, atol=2e-3 if dtype == np.float16 else 1e-5)


def test_enlarging_equals_pillows_bicubic_away_from_the_borders():
    image = picture(20, 30)
    expected = np.stack(
        [
            Pillow.fromarray(image[..., channel].astype(np.float32)).resize((90, 60), Pillow.Resampling.BICUBIC)
            for channel in range(3)
        ]
    )
    inner = np.s_[:, 9:-9, 9:-9]  # Pillow leaves border pixels out instead of repeating them
    np.testing.assert_allclose(enlarge(image, 60, 90)[inner], np.clip(expected / 255, 0, 1)[inner], atol=1e-5)


def test_enlarging_by_nothing_changes_nothing():
    image = picture(7, 9)
    np.testing.assert_allclose(enlarge(image, 7, 9), image.transpose(2, 0, 1) / 255, atol=1e-7)


def test_more_frames_than_a_grid_has_rows_are_packed_in_one_launch(launch_on_cpu):
    images = [picture(3, 2, seed) for seed in range(10)] * 6_554
    np.testing.assert_array_equal(*packed_twice(launch_on_cpu, images, (1, 1), (np.float16, True)))


def test_an_empty_table_needs_no_launch():
    described = batch_of(1, 4, 4, np.float32, False).described(False)
    assert pack_frames_launch(table_of([], [], *PLAIN, False), 0, described).is_empty


def test_a_picture_whose_coordinates_would_overflow_is_refused():
    table = np.zeros(1, PACK_FRAME)
    table["height"], table["width"] = 9, 3_000_000
    with pytest.raises(ValueError, match="received a side of 3000000 px"):
        pack_frames_launch(table, 0, batch_of(1, 1, 512, np.float32, False).described(False))
