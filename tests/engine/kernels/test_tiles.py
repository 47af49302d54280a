import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.kernels.pack_tiles import Window, pack_tiles, reflect
from engine.kernels.unpack_tiles import Core, unpack_tiles


@given(st.integers(1, 12), st.integers(0, 40), st.integers(0, 40))
def test_reflection_equals_numpys_padding_however_small_the_picture(size, before, after):
    expected = np.pad(np.arange(size), (before, after), mode="reflect")
    np.testing.assert_array_equal(reflect(-before, before + size + after, size), expected)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 3), (20, 31)], ids=str)
def test_a_window_equals_a_cut_of_the_padded_picture(size, photo_of):
    photo = photo_of(*size)
    padded = np.pad(photo, ((8, 8), (8, 8), (0, 0)), mode="reflect")
    for y, x in ((-8, -8), (-3, 0), (0, -1), (size[0] - 4, size[1] - 4)):
        batch = np.empty((1, 3, 10, 11), np.float32)
        if y + 18 > padded.shape[0] or x + 19 > padded.shape[1]:
            continue
        pack_tiles([Window(photo, y, x)], batch)
        cut = padded[y + 8 : y + 18, x + 8 : x + 19]
        np.testing.assert_array_equal(batch[0], cut.transpose(2, 0, 1).astype(np.float32) / np.float32(255))


def test_a_full_batch_of_different_pictures_is_packed_each_from_its_own(photo_of):
    photos = [photo_of(9 + seed, 8, seed) for seed in range(4)]
    batch = np.empty((4, 3, 8, 8), np.float32)
    pack_tiles([Window(photo, 0, 0) for photo in photos], batch)
    for photo, tile in zip(photos, batch, strict=True):
        np.testing.assert_array_equal((tile * 255).round().astype(np.uint8), photo[:8].transpose(2, 0, 1))


def test_four_channels_are_packed_and_one_is_unpacked(photo_of):
    photo = photo_of(9, 12, 5, channels=4)
    batch = np.empty((1, 4, 9, 12), np.float32)
    pack_tiles([Window(photo, 0, 0)], batch)
    matte = np.zeros((11, 15, 1), np.uint8)
    unpack_tiles(batch[:, 3:], [Core(matte, 1, 2, 7, 8)], 2)
    np.testing.assert_array_equal(matte[1:8, 2:10, 0], photo[2:9, 2:10, 3])
    assert matte.sum() == photo[2:9, 2:10, 3].sum()


def test_an_empty_batch_is_packed_and_unpacked_without_complaint():
    pack_tiles([], np.empty((0, 3, 4, 4), np.float32))
    unpack_tiles(np.empty((0, 3, 4, 4), np.float32), [], 1)


def test_unpacking_rounds_halves_up_and_clips():
    values = np.array([-1.0, 0.0, 0.5 / 255, 1.49 / 255, 1.5 / 255, 1.0, 2.0], np.float32)
    batch = np.broadcast_to(values, (1, 3, 1, 7)).copy()
    image = np.full((1, 7, 3), 77, np.uint8)
    unpack_tiles(batch, [Core(image, 0, 0, 1, 7)], 0)
    assert image[0, :, 0].tolist() == [0, 0, 1, 1, 2, 255, 255]


def test_unpacking_drops_the_halo_and_touches_only_the_core():
    batch = np.ones((1, 3, 8, 8), np.float32)
    image = np.zeros((10, 10, 3), np.uint8)
    unpack_tiles(batch, [Core(image, 3, 4, 2, 5)], 2)
    assert image.sum() == 2 * 5 * 3 * 255
    assert (image[3:5, 4:9] == 255).all()


def test_packing_then_unpacking_returns_every_code_value():
    codes = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)
    batch = np.empty((1, 3, 16, 16), np.float32)
    pack_tiles([Window(codes, 0, 0)], batch)
    image = np.empty_like(codes)
    unpack_tiles(batch, [Core(image, 0, 0, 16, 16)], 0)
    np.testing.assert_array_equal(image, codes)
