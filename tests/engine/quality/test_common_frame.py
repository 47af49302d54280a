"""What a frame sees of a picture: shortcuts give the bytes of the long way."""

import cv2
import numpy as np
import pytest

from engine.quality import common_frame
from engine.quality.common_frame import Seen, finer_than_frame, least_scale, seen_by, whole_blocks


def test_a_picture_that_fills_its_frame_is_seen_as_by_the_warp(monkeypatch):
    image = np.random.default_rng(2).integers(0, 256, (163, 122, 3), np.uint8)
    size = (77, 102)
    to_image = np.diag([122 / 77, 163 / 102, 1.0])
    seen, covered = seen_by(image, to_image, size)
    monkeypatch.setattr(common_frame, "_STILL", 0.0)
    warped, covered_by_warp = seen_by(image, to_image, size)
    np.testing.assert_array_equal(seen, warped)
    np.testing.assert_array_equal(covered, covered_by_warp)
    assert covered.all()


def test_nothing_is_seen_of_a_picture_that_lies_elsewhere():
    image = np.full((20, 30, 3), 9, np.uint8)
    seen, covered = seen_by(image, np.array([[1.0, 0, 500], [0, 1, 500], [0, 0, 1]]), (16, 12))
    assert seen.shape == (12, 16, 3)
    assert not seen.any()
    assert not covered.any()


def test_the_least_scale_is_that_of_the_far_corner():
    receding = np.array([[4.0, 0, 0], [0, 4.0, 0], [0.01, 0, 1]])
    assert least_scale(np.diag([3.0, 2.0, 1.0]), (100, 100)) == pytest.approx(2.0)
    assert least_scale(receding, (100, 100)) < least_scale(receding, (10, 10)) < 4
    assert least_scale(np.array([[1.0, 0, 0], [0, 1, 0], [-0.01, 0, 1]]), (100, 100)) == 0.0  # a corner at infinity


def test_a_picture_is_as_much_finer_than_its_frame_as_that_had_to_be_shrunk_to_it():
    photo = np.zeros((1024, 768, 3), np.uint8)
    part = np.zeros((1024, 768), np.uint8)
    part[200:400, 300:400] = 255
    assert finer_than_frame(Seen(photo), np.diag([1.5, 1.5, 1.0])) == pytest.approx(3.0)  # 1,024 px shown in 512
    assert finer_than_frame(Seen(photo, part), np.diag([1.5, 1.5, 1.0])) == pytest.approx(1.5)  # shown as they are
    assert finer_than_frame(Seen(photo), np.diag([0.25, 0.25, 1.0])) == pytest.approx(
        1.0
    )  # coarser than a frame of 512


@pytest.mark.parametrize(("finer", "block"), [(1.0, 1), (2.99, 1), (3.0, 2), (5.9, 2), (6.0, 4), (12.0, 8), (90.0, 8)])
def test_blocks_leave_an_image_half_as_fine_again_as_its_frame(finer, block):
    assert whole_blocks(finer) == block


def test_a_photo_that_is_averaged_over_blocks_first_lies_where_it_lay():
    spots = np.random.default_rng(4).normal(128, 4000, (1603, 1201, 3))
    image = np.clip(cv2.GaussianBlur(spots, (0, 0), 12), 0, 255).astype(np.uint8)  # odd sides: blocks end beyond it
    frame = common_frame.common_frame(Seen(image), Seen(image), np.eye(3))
    whole = cv2.copyMakeBorder(image, 0, 1, 0, 1, cv2.BORDER_REPLICATE)
    plain = cv2.resize(whole, frame.photo.shape[1::-1], interpolation=cv2.INTER_AREA)
    assert image.std() > 30
    assert frame.photo.shape == (512, 384, 3)
    for seen in (frame.photo, frame.picture):
        assert np.abs(seen.astype(int) - plain)[:-1, :-1].max() <= 8  # 27 where it lies a pixel of the photo beside


def test_a_small_product_is_compared_no_finer_than_in_a_smaller_photo():
    photo, matte = np.zeros((2000, 1500, 3), np.uint8), np.zeros((2000, 1500), np.uint8)
    matte[800:1000, 700:800] = 255
    found = common_frame.common_frame(Seen(photo, matte), Seen(photo), np.eye(3))
    assert max(found.photo.shape) == pytest.approx((200 + 2 * 13) * 1024 / 2000, abs=2)


def test_a_picture_whose_horizon_crosses_the_product_is_no_finer_than_anything():
    assert (
        finer_than_frame(Seen(np.zeros((90, 90, 3), np.uint8)), np.array([[1.0, 0, 0], [0, 1, 0], [-0.02, 0, 1]])) == 0
    )
