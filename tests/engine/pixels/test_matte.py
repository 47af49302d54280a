import tracemalloc

import cv2
import numpy as np
import pytest

from engine.pixels import matte as mattes


def test_the_working_size_is_the_photos_own_or_four_frames_or_1600():
    assert mattes.working_size(400, 533, 256) == (400, 533)
    assert mattes.working_size(3000, 4000, 256) == (768, 1024)
    assert mattes.working_size(3000, 4000, 512) == (1200, 1600)
    assert mattes.working_size(1, 1, 256) == (1, 1)
    assert mattes.working_size(3, 20000, 256) == (1, 1024)


def test_beyond_the_band_a_settled_matte_is_0_or_1():
    halves = np.tile((np.arange(64) >= 32).astype(np.float32), (64, 1))
    coarse = mattes.enlarge(halves, 256, 256)
    band = mattes.doubtful_band(coarse, 64)
    matte = mattes.settle(coarse, np.full_like(coarse, 0.5), band)
    assert 0.05 < band.mean() < 0.2
    assert set(np.unique(matte[~band])) == {0.0, 1.0}
    assert np.allclose(matte[band], 0.5)


def test_what_is_all_but_clear_or_opaque_becomes_so():
    fine = np.array([[0.0, 0.02, 0.5, 0.98, 1.0]], np.float32)
    settled = mattes.settle(fine, fine, np.ones_like(fine, bool))
    assert settled[0, [0, 1, 3, 4]].tolist() == [0, 0, 1, 1]


def test_the_band_is_found_with_its_surroundings():
    band = np.zeros((200, 300), bool)
    band[100, 150:160] = True
    rows, columns = mattes.around(band)
    assert (rows.start, rows.stop, columns.start, columns.stop) == (68, 133, 118, 192)


def test_a_large_photos_edges_are_drawn_at_full_size(scene_of):
    """The guided filter puts the edge where the large photo has it, better than enlarging alone."""
    scene = scene_of(1200, 960)
    small = mattes.shrink(scene.image, 240, 300)
    matte = cv2.resize(scene.alpha, (240, 300), interpolation=cv2.INTER_AREA)
    alpha = mattes.full_alpha(scene.image, small, matte) / 255
    plain = cv2.resize(matte, (960, 1200), interpolation=cv2.INTER_LINEAR)
    assert np.abs(alpha - scene.alpha).mean() < 0.7 * np.abs(plain - scene.alpha).mean()
    assert np.abs(alpha - scene.alpha).mean() < 0.006
    assert (alpha[:100] == 0).all()
    assert (alpha[scene.alpha == 0][:1000] == 0).all()
    inside = cv2.erode(scene.alpha, np.ones((25, 25))) == 1
    assert (alpha[inside] == 1).all()


def test_a_photo_of_the_working_size_keeps_its_matte(scene_of):
    scene = scene_of(60, 50)
    alpha = mattes.full_alpha(scene.image, scene.image, scene.alpha)
    assert np.array_equal(alpha, np.rint(scene.alpha * 255))


@pytest.mark.parametrize("shape", [(1, 1), (3, 2000), (2000, 3)])
def test_odd_pictures_are_answered(shape):
    image = np.zeros((*shape, 3), np.uint8)
    width, height = mattes.working_size(shape[1], shape[0], 256)
    matte = np.full((height, width), 0.5, np.float32)
    assert mattes.full_alpha(image, mattes.shrink(image, width, height), matte).shape == shape


def test_a_large_photos_floats_are_never_whole():
    image = np.zeros((3000, 4000, 3), np.uint8)
    small, matte = mattes.shrink(image, 1024, 768), np.zeros((768, 1024), np.float32)
    matte[200:600, 200:600] = 1
    tracemalloc.start()
    mattes.full_alpha(image, small, matte)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 140e6, peak  # one whole float plane of three colours would be 144 MB by itself
