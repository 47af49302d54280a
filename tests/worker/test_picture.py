"""The picture that travels: its matte and origin go where its pixels go."""

import numpy as np

from worker.picture import Picture


def test_what_moves_the_pixels_moves_matte_and_origin():
    y, x = np.mgrid[:4, :6]
    matte = np.asarray((x == 4) & (y == 1), np.uint8) * 255
    picture = Picture(np.dstack((x, y, x)).astype(np.uint8), matte=matte, origin=np.eye(3))
    motion = np.array([[1.0, 0, -3], [0, 1, 0], [0, 0, 1]])
    moved = picture.moved(lambda pixels: np.ascontiguousarray(pixels[:, 3:]), motion)
    assert (moved.width, moved.height) == (3, 4)
    assert np.argwhere(moved.matte).tolist() == [[1, 1]]
    assert (moved.origin @ [4.5, 1.5, 1]).tolist() == [1.5, 1.5, 1]
    assert moved.rgb[1, 1].tolist() == [4, 1, 4]


def test_a_picture_made_from_nothing_has_no_origin_afterwards_either():
    picture = Picture(np.zeros((4, 4, 3), np.uint8))
    moved = picture.moved(lambda pixels: pixels[:2].copy(), np.eye(3))
    assert (moved.origin, moved.matte) == (None, None)
