"""What a frame sees of a picture: shortcuts give the bytes of the long way."""

import numpy as np
import pytest

from engine.quality import common_frame
from engine.quality.common_frame import Seen, finer_than_frame, least_scale, seen_by


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


def test_a_picture_whose_horizon_crosses_the_product_is_no_finer_than_anything():
    assert (
        finer_than_frame(Seen(np.zeros((90, 90, 3), np.uint8)), np.array([[1.0, 0, 0], [0, 1, 0], [-0.02, 0, 1]])) == 0
    )
