import cv2
import numpy as np
import pytest

from engine.pixels import resampling
from engine.pixels.resampling import reframed, resample

BLACK_AND_WHITE_FROM_AFAR = 188  # half the light of white


def test_a_fine_weave_becomes_the_grey_that_it_looks_like_from_afar():
    weave = np.zeros((240, 240, 3), np.uint8)
    weave[::2, ::2] = weave[1::2, 1::2] = 255
    for size in ((60, 60), (70, 50), (33, 120)):
        assert np.abs(resample(weave, *size).astype(int) - BLACK_AND_WHITE_FROM_AFAR).max() <= 1


def test_a_matte_is_averaged_as_the_coverage_that_it_is():
    stripes = np.zeros((64, 64, 1), np.uint8)
    stripes[:, ::2] = 255
    assert np.abs(resample(stripes, 8, 8)[1:-1, 1:-1].astype(int) - 127.5).max() <= 2


@pytest.mark.parametrize("size", [(128, 10), (512, 40), (300, 31)])
def test_a_grey_ramp_is_kept(size):
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 20, axis=0).repeat(3, axis=2)
    made = resample(ramp, *size)[:, 2:-2].astype(float)
    expected = (np.arange(size[0]) + 0.5)[2:-2] * 256 / size[0] - 0.5
    assert np.abs(made - expected[:, None]).max() <= 1


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("size", [(31, 17), (90, 200), (40, 61)])
def test_nothing_rings_beside_an_edge(channels, size):
    photo = np.full((60, 80, channels), 255, np.uint8)
    photo[:, 33:] = 25
    if channels == 4:
        photo[..., 3] = 255
    made = resample(photo, *size)
    edge = 33 * size[0] / 80
    clear = 2 * max(1, size[0] / 80) + 1
    columns = np.arange(size[0]) + 0.5
    colors = made[..., :3]
    assert (colors[:, columns < edge - clear] == 255).all()
    assert (colors[:, columns > edge + clear] == 25).all()
    assert colors.min() == 25
    assert (np.diff(colors.astype(int), axis=1) <= 0).all()


def test_resampling_to_the_same_size_returns_an_equal_copy(photo_of):
    photo = photo_of(5, 7, channels=4)
    copy = resample(photo, 7, 5)
    np.testing.assert_array_equal(copy, photo)
    assert copy is not photo


@pytest.mark.parametrize("size", [(5, 5), (31, 40), (16, 7)])
def test_an_invisible_colour_does_not_bleed_into_an_edge(size):
    rgba = np.zeros((16, 16, 4), np.uint8)
    rgba[:, :8] = (255, 0, 0, 255)
    rgba[:, 8:] = (0, 255, 0, 0)
    made = resample(rgba, *size)
    assert (made[made[..., 3] > 0][:, :3] == (255, 0, 0)).all()
    assert (made[made[..., 3] == 0] == 0).all()
    assert np.abs(made[..., 3].mean() - 127.5) < 6


@pytest.mark.parametrize("size", [(300, 260), (1200, 1700)])
def test_a_picture_taken_in_strips_is_the_same_as_at_once(size, photo_of, monkeypatch):
    photo = photo_of(700, 500, channels=4)
    at_once = resample(photo, *size)
    monkeypatch.setattr(resampling, "STRIP_PX", 1)
    assert np.abs(resample(photo, *size).astype(int) - at_once).max() <= 1
    # Only the place of a strip in float arithmetic differs, never what it sees.
    assert (resample(photo, *size) != at_once).mean() < 1e-3


@pytest.mark.parametrize(
    ("before", "after"), [((1, 1), (5, 3)), ((1, 300), (2, 1)), ((300, 1), (1, 1)), ((2, 3), (1, 1))]
)
def test_pictures_of_one_pixel_s_width_have_other_sizes_too(before, after, photo_of):
    photo = photo_of(before[1], before[0], channels=4)
    assert resample(photo, *after).shape == (after[1], after[0], 4)
    flat = np.full((before[1], before[0], 3), 77, np.uint8)
    assert (resample(flat, *after) == 77).all()


def test_a_photo_keeps_its_mean_light(photo_of):
    photo = photo_of(90, 120)
    light = (photo / 255.0) ** 2.2
    made = (resample(photo, 40, 30) / 255.0) ** 2.2
    assert abs(made.mean() - light.mean()) < 0.004


@pytest.mark.parametrize("size", [(0, 5), (5, -1)])
def test_a_size_below_one_pixel_is_refused(size, photo_of):
    with pytest.raises(ValueError, match="at least 1 × 1"):
        resample(photo_of(3, 3), *size)


@pytest.fixture
def blob():
    """A soft ellipse in RGBA, its clear pixels green."""
    alpha = np.zeros((200, 160), np.uint8)
    cv2.ellipse(alpha, (70, 90), (30, 50), 0, 0, 360, 255, -1)
    alpha = cv2.GaussianBlur(alpha, (0, 0), 1.2)
    pixels = np.dstack((np.full((200, 160, 3), (180, 40, 90), np.uint8), alpha))
    pixels[alpha == 0, :3] = (0, 255, 0)
    return pixels


@pytest.mark.parametrize("scale", [0.37, 3.1])
def test_no_colour_of_clear_pixels_comes_into_the_edge_and_no_rim_is_left(blob, scale):
    result = reframed(blob, (scale, 0.3, 0.7), (int(160 * scale) + 2, int(200 * scale) + 2))
    seen = result[..., 3] > 0
    assert seen.sum() > 500
    assert np.abs(result[seen][:, :3].astype(int) - (180, 40, 90)).max() <= 1


@pytest.mark.parametrize("scale", [0.31, 0.99, 2.7])
def test_strips_are_the_whole_resampled_at_once(blob, scale, monkeypatch):
    whole = reframed(blob, (scale, 4.4, -3.7), (170, 190))
    monkeypatch.setattr(resampling, "STRIP_PX", 2000)
    parts = reframed(blob, (scale, 4.4, -3.7), (170, 190))
    assert np.abs(whole.astype(int) - parts).max() <= 1


def test_no_ring_lies_around_an_enlarged_edge_and_none_in_it():
    matte = np.zeros((40, 40, 1), np.uint8)
    matte[:, 20:] = 255
    result = reframed(matte, (4.0, 0.5, 0.0), (160, 160))[80, :, 0]
    assert (result[:74] == 0).all()
    assert (result[87:] == 255).all()


def test_a_fine_weave_shrinks_to_the_light_that_it_sends():
    weave = np.indices((80, 80)).sum(axis=0) % 2 * 255
    result = reframed(np.repeat(weave[..., None], 3, axis=2).astype(np.uint8), (0.25, 0.0, 0.0), (20, 20))
    assert abs(int(result[10, 10, 0]) - 188) <= 2


def test_a_picture_that_ends_with_the_frame_stays_opaque_there_and_fades_elsewhere():
    result = reframed(np.full((40, 30, 4), 255, np.uint8), (2.5, 0.0, 10.4), (90, 110))
    assert (result[12:, :74, 3] == 255).all()
    assert 60 < result[10, 20, 3] < 220
    assert (result[:9, :, 3] == 0).all()
    assert (result[:, 77:, 3] == 0).all()


@pytest.mark.parametrize("channels", [1, 3])
def test_new_ground_is_clear_in_a_matte_and_white_where_there_is_no_alpha(channels):
    result = reframed(np.full((10, 10, channels), 90, np.uint8), (2.0, 30.0, 5.0), (60, 40))
    assert (result[10:20, 35:45] == 90).all()
    assert (result[:, :28] == (0 if channels == 1 else 255)).all()


def test_what_lies_beyond_the_frame_is_not_there():
    assert not reframed(np.ones((5, 5, 1), np.uint8), (1.0, 500.0, 0.0), (9, 9)).any()
    assert not reframed(np.ones((5, 5, 1), np.uint8), (0.5, 0.0, -80.0), (9, 9)).any()


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1)])
@pytest.mark.parametrize("scale", [0.013, 0.5, 1.0, 7.3])
def test_any_shape_and_scale_gives_the_frame(shape, scale):
    result = reframed(np.full((*shape, 4), 200, np.uint8), (scale, 1.25, 2.5), (33, 21))
    assert result.shape == (21, 33, 4)
