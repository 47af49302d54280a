import numpy as np
import pytest

from engine.pixels.geometry import Box
from engine.pixels.masks import grow, mask_of_boxes, mask_of_picture


def grey(values):
    return np.repeat(np.asarray(values, np.uint8)[..., None], 3, axis=2)


def test_boxes_overlap_freely():
    mask = mask_of_boxes(6, 4, [Box(0, 0, 2, 2), Box(1, 1, 3, 2)])
    assert mask.astype(int).tolist() == [[1, 1, 0, 0, 0, 0], [1, 1, 1, 1, 0, 0], [0, 1, 1, 1, 0, 0], [0] * 6]


def test_half_as_bright_as_white_is_inside():
    assert mask_of_picture(grey([[0, 127, 128, 255]]), None, 4, 1).tolist() == [[False, False, True, True]]


def test_what_is_transparent_is_outside():
    alpha = np.array([[0, 255]], np.uint8)
    assert mask_of_picture(grey([[255, 255]]), alpha, 2, 1).tolist() == [[False, True]]


def test_a_mask_of_the_same_aspect_is_scaled_without_half_tones():
    mask = mask_of_picture(grey([[255, 0], [0, 0]]), None, 8, 8)
    assert mask[:4, :4].all()
    assert mask.sum() == 16


def test_a_rounded_size_is_the_same_aspect():
    assert mask_of_picture(grey(np.full((133, 100), 255)), None, 400, 533).all()


@pytest.mark.parametrize("size", [(8, 9), (4, 3), (1, 100)])
def test_another_aspect_is_refused_with_both_sizes(size):
    with pytest.raises(ValueError, match=r"size 64 × 64 or its aspect; received \d+ × \d+"):
        mask_of_picture(grey(np.zeros(size)), None, 64, 64)


def test_growing_takes_what_lies_within_a_distance():
    mask = np.zeros((9, 9), bool)
    mask[4, 4] = True
    grown = grow(mask, 2)
    assert grown[4, 2:7].all()
    assert not grown[2, 2]
    assert grown.sum() == 13


def test_growing_nothing_is_nothing():
    assert not grow(np.zeros((3, 3), bool), 5).any()
