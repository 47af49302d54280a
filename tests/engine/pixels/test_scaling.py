import cv2
import numpy as np
import pytest

from engine.pixels import scaling
from engine.pixels.scaling import resampled


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
    result = resampled(blob, (scale, 0.3, 0.7), (int(160 * scale) + 2, int(200 * scale) + 2))
    seen = result[..., 3] > 0
    assert seen.sum() > 500
    assert np.abs(result[seen][:, :3].astype(int) - (180, 40, 90)).max() <= 1


@pytest.mark.parametrize("scale", [0.31, 0.99, 2.7])
def test_strips_are_the_whole_resampled_at_once(blob, scale, monkeypatch):
    whole = resampled(blob, (scale, 4.4, -3.7), (170, 190))
    monkeypatch.setattr(scaling, "STRIP_PX", 2000)
    parts = resampled(blob, (scale, 4.4, -3.7), (170, 190))
    assert np.abs(whole.astype(int) - parts).max() <= 1


def test_no_ring_lies_around_an_enlarged_edge_and_none_in_it():
    matte = np.zeros((40, 40, 1), np.uint8)
    matte[:, 20:] = 255
    result = resampled(matte, (4.0, 0.5, 0.0), (160, 160))[80, :, 0]
    assert (result[:74] == 0).all()
    assert (result[87:] == 255).all()


def test_a_fine_weave_shrinks_to_the_light_that_it_sends():
    weave = np.indices((80, 80)).sum(axis=0) % 2 * 255
    result = resampled(np.repeat(weave[..., None], 3, axis=2).astype(np.uint8), (0.25, 0.0, 0.0), (20, 20))
    assert abs(int(result[10, 10, 0]) - 188) <= 2


def test_a_picture_that_ends_with_the_frame_stays_opaque_there_and_fades_elsewhere():
    result = resampled(np.full((40, 30, 4), 255, np.uint8), (2.5, 0.0, 10.4), (90, 110))
    assert (result[12:, :74, 3] == 255).all()
    assert 60 < result[10, 20, 3] < 220
    assert (result[:9, :, 3] == 0).all()
    assert (result[:, 77:, 3] == 0).all()


@pytest.mark.parametrize("channels", [1, 3])
def test_new_ground_is_clear_in_a_matte_and_white_where_there_is_no_alpha(channels):
    result = resampled(np.full((10, 10, channels), 90, np.uint8), (2.0, 30.0, 5.0), (60, 40))
    assert (result[10:20, 35:45] == 90).all()
    assert (result[:, :28] == (0 if channels == 1 else 255)).all()


def test_what_lies_beyond_the_frame_is_not_there():
    assert not resampled(np.ones((5, 5, 1), np.uint8), (1.0, 500.0, 0.0), (9, 9)).any()
    assert not resampled(np.ones((5, 5, 1), np.uint8), (0.5, 0.0, -80.0), (9, 9)).any()


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1)])
@pytest.mark.parametrize("scale", [0.013, 0.5, 1.0, 7.3])
def test_any_shape_and_scale_gives_the_frame(shape, scale):
    result = resampled(np.full((*shape, 4), 200, np.uint8), (scale, 1.25, 2.5), (33, 21))
    assert result.shape == (21, 33, 4)
