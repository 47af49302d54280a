"""Cutting out in two looks, with a look that knows the product by its red."""

import cv2
import numpy as np
import pytest

from engine.pixels.closeup import find_product

FRAME_PX = 48
GREEN, RED = (60, 150, 70), (200, 40, 40)


class Looks:
    """Answers the share of red in a frame of 48 px, and remembers what it was shown."""

    def __init__(self):
        self.seen = []

    def look(self, image):
        self.seen.append(image)
        return redness(cv2.resize(image, (FRAME_PX, FRAME_PX), interpolation=cv2.INTER_AREA))

    @staticmethod
    def sharpen(asked):
        return np.rint(redness(asked) * 255).astype(np.uint8)


def redness(image):
    return np.clip((image[..., 0].astype(np.float32) - GREEN[0]) / (RED[0] - GREEN[0]), 0, 1)


def photo(height, width, top, left, bottom, right):
    """A red box on green; its rows and columns are [top, bottom) and [left, right)."""
    image = np.full((height, width, 3), GREEN, np.uint8)
    image[top:bottom, left:right] = RED
    return image


def find(image):
    looks = Looks()
    return find_product(image, looks.look, looks.sharpen), looks


def test_a_small_product_is_looked_at_again_from_near():
    image = photo(400, 300, 180, 100, 240, 190)
    found, looks = find(image)
    assert len(looks.seen) == 2
    assert looks.seen[1].shape[0] < 120
    assert looks.seen[1].shape[1] < 150
    assert np.array_equal(found.alpha(image) > 127, (image == RED).all(axis=2))


def test_a_product_that_fills_the_photo_is_looked_at_once():
    image = photo(400, 300, 10, 10, 390, 290)
    found, looks = find(image)
    assert len(looks.seen) == 1
    assert np.array_equal(found.alpha(image) > 127, (image == RED).all(axis=2))


def test_the_second_look_is_joined_to_the_first_at_the_same_place():
    """A second look that cannot tell leaves what the first saw where it was, to a pixel of the frame."""
    image = photo(480, 480, 180, 120, 300, 330)

    def look(view):
        return Looks().look(view) if view.shape == image.shape else np.full((FRAME_PX, FRAME_PX), 0.5, np.float32)

    alpha = find_product(image, look, lambda asked: asked[..., 3]).alpha(image)
    product = np.asarray((image == RED).all(axis=2), np.uint8)
    inside, outside = cv2.erode(product, np.ones((11, 11))), cv2.dilate(product, np.ones((11, 11)))
    assert (alpha[inside > 0] > 127).all()
    assert (alpha[outside == 0] < 128).all()


@pytest.mark.parametrize("box", [(0, 0, 40, 40), (360, 260, 400, 300), (0, 130, 400, 150)])
def test_a_product_at_the_border_is_found_there(box):
    top, left, bottom, right = box
    image = photo(400, 300, *box)
    found, _ = find(image)
    alpha = found.alpha(image)
    assert (alpha[top:bottom, left:right] == 255).mean() > 0.95
    assert alpha.sum() / 255 == pytest.approx((bottom - top) * (right - left), rel=0.1)


def test_where_nothing_is_seen_nothing_is_looked_at_again():
    image = photo(90, 120, 0, 0, 0, 0)
    found, looks = find(image)
    assert found.share == 0
    assert len(looks.seen) == 1
    assert not found.alpha(image).any()


def test_under_the_least_share_nothing_more_is_asked():
    image = photo(400, 300, 180, 100, 240, 190)
    looks = Looks()
    found = find_product(image, looks.look, pytest.fail, least_share=0.2)
    assert 0 < found.share < 0.2
    assert len(looks.seen) == 1
    assert not found.alpha(image).any()


def test_a_strap_that_the_first_look_shows_is_kept_to_its_end():
    image = photo(2000, 1500, 800, 300, 1300, 600)
    image[1030:1066, 600:1300] = RED
    found, _ = find(image)
    assert (found.alpha(image)[1036:1060, 700:1290] > 127).all()


def test_a_strap_that_only_the_second_look_shows_is_not_cut_off_where_that_look_ended():
    image = photo(2000, 1500, 800, 300, 1300, 600)
    image[1040:1051, 600:1300] = RED
    found, looks = find(image)
    assert len(looks.seen) == 2
    assert looks.seen[1].shape[1] < 700
    assert (found.rows, found.columns) == (slice(0, 2000), slice(0, 1500))


def test_a_second_look_that_sees_no_product_does_not_count():
    image = photo(480, 480, 180, 120, 300, 330)

    def look(view):
        return Looks().look(view) * np.float32(0.9 if view.shape == image.shape else 0.0)

    found = find_product(image, look, lambda asked: asked[..., 3])
    assert (found.rows, found.columns) == (slice(0, 480), slice(0, 480))
    assert (found.alpha(image)[190:290, 130:320] > 127).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (7, 2000), (2000, 3)])
def test_photos_of_any_shape_have_an_alpha_of_their_shape(shape):
    image = photo(*shape, 0, shape[1] // 2, shape[0], shape[1])
    found, _ = find(image)
    assert found.alpha(image).shape == shape
