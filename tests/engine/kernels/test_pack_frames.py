import tracemalloc

import cv2
import numpy as np
import pytest

from engine.kernels.pack_frames import pack_frames


def frame_of(image, height, width):
    batch = np.empty((1, 3, height, width), np.float32)
    pack_frames([image], batch)
    return batch[0].transpose(1, 2, 0) * 255


def area_mean(image, height, width):
    """The slow truth: repeat every pixel until both grids meet, then average whole cells."""
    tall = image.repeat(height, axis=0).repeat(width, axis=1).astype(np.float64)
    return tall.reshape(height, image.shape[0], width, image.shape[1], 3).mean(axis=(1, 3))


@pytest.mark.parametrize("size", [(1, 1), (1, 17), (5, 4), (8, 6), (9, 7), (16, 12), (31, 50)], ids=str)
def test_every_frame_pixel_is_the_mean_of_the_area_it_covers(size, photo_of):
    photo = photo_of(*size)
    np.testing.assert_allclose(frame_of(photo, 8, 6), area_mean(photo, 8, 6), atol=2e-5)


def test_a_shrunk_photo_agrees_with_opencvs_area_resize(photo_of):
    photo = photo_of(301, 211)
    expected = cv2.resize(photo, (16, 24), interpolation=cv2.INTER_AREA)
    assert np.abs(frame_of(photo, 24, 16) - expected).max() <= 0.51


def test_the_brightest_photo_does_not_overflow_its_sums():
    white = np.full((3000, 1000, 3), 255, np.uint8)
    np.testing.assert_allclose(frame_of(white, 2, 2), 255, atol=1e-4)


def test_what_is_averaged_is_the_nearest_float_of_the_exact_mean(photo_of):
    photo = photo_of(61, 43)
    batch = np.empty((1, 3, 24, 9), np.float32)
    pack_frames([photo], batch)
    whole = photo.repeat(24, axis=0).repeat(9, axis=1).reshape(24, 61, 9, 43, 3).sum(axis=(1, 3), dtype=np.int64)
    np.testing.assert_array_equal(batch[0].transpose(1, 2, 0), (whole / (255.0 * 61 * 43)).astype(np.float32))


@pytest.mark.parametrize(("height", "width"), [(61, 9_000), (5, 20_000)])
def test_a_wide_photo_is_averaged_in_strips_to_the_same_bits(photo_of, monkeypatch, height, width):
    photo = photo_of(height, width)
    in_strips = frame_of(photo, 24, 9)
    monkeypatch.setattr("engine.kernels.pack_frames._STRIP_PX", 10**9)
    np.testing.assert_array_equal(in_strips, frame_of(photo, 24, 9))


def test_a_wide_photo_takes_little_memory_beside_itself(photo_of):
    photo = photo_of(60, 40_000)
    tracemalloc.start()
    frame_of(photo, 192, 192)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < photo.nbytes / 2  # whole, the sums would take 460 MB


def test_sums_beyond_32_bits_are_held():
    white = np.full((8_500_000, 1, 3), 255, np.uint8)
    batch = np.empty((1, 3, 4, 1), np.float32)
    pack_frames([white], batch)
    np.testing.assert_allclose(batch, 1, atol=1e-6)


def test_a_part_of_a_photo_is_packed_as_its_copy_is(photo_of):
    part = photo_of(50, 60)[7:39, 11:50]
    np.testing.assert_array_equal(frame_of(part, 8, 6), frame_of(part.copy(), 8, 6))


def test_a_photo_of_the_frames_own_size_is_passed_through_unchanged():
    codes = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(4, axis=2)
    batch = np.empty((1, 4, 16, 16), np.float32)
    pack_frames([codes], batch)
    np.testing.assert_array_equal(batch[0].transpose(1, 2, 0), codes.astype(np.float32) / np.float32(255))


def test_each_of_four_channels_is_averaged_alike(photo_of):
    photo = photo_of(37, 50, 3, channels=4)
    batch = np.empty((1, 4, 8, 6), np.float32)
    pack_frames([photo], batch)
    np.testing.assert_array_equal(batch[0, :3].transpose(1, 2, 0) * 255, frame_of(photo[..., :3], 8, 6))
    np.testing.assert_array_equal(
        batch[0, 3:].transpose(1, 2, 0).repeat(3, 2) * 255, frame_of(photo[..., [3] * 3], 8, 6)
    )


def test_a_full_batch_is_packed_each_from_its_own_photo(photo_of):
    photos = [photo_of(20 + seed, 30, seed) for seed in range(3)]
    batch = np.empty((3, 3, 4, 4), np.float32)
    pack_frames(photos, batch)
    for photo, frame in zip(photos, batch, strict=True):
        np.testing.assert_array_equal(frame.transpose(1, 2, 0) * 255, frame_of(photo, 4, 4))
