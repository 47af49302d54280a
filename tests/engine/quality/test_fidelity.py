"""Whether a product is still the product: planted falsehoods are found, and honest changes let be."""

import cv2
import numpy as np
import pytest

from engine.quality.common_frame import Seen
from engine.quality.fidelity import compare
from engine.quality.product_changes import Asked

SIDE = 300
UNMOVED = np.eye(3)


@pytest.fixture(scope="module")
def photo():
    """A woven red shirt with a light print on a grey ground, and its matte."""
    random = np.random.default_rng(3)
    matte = np.zeros((SIDE, SIDE), np.uint8)
    matte[40:260, 60:240] = 255
    weave = cv2.GaussianBlur(random.normal(0, 40, (SIDE, SIDE)), (0, 0), 2.5)
    shirt = np.array([150.0, 60.0, 50.0]) + weave[..., None]
    shirt[110:140, 120:170] = 220
    rgb = np.where(matte[..., None] > 0, shirt, 170.0)
    return Seen(np.clip(np.rint(rgb), 0, 255).astype(np.uint8), matte)


def product(photo, change):
    """The photo whose product alone went through `change`, on white."""
    changed = np.clip(np.rint(change(photo.rgb.astype(float))), 0, 255).astype(np.uint8)
    return Seen(np.where(photo.matte[..., None] > 0, changed, 255).astype(np.uint8), photo.matte)


def test_an_untouched_product_on_another_ground_has_not_changed(photo):
    found = compare(photo, product(photo, lambda rgb: rgb), UNMOVED)
    assert found.difference.changed_share == 0
    assert found.beyond_light.mean < 0.1
    assert found.texture_kept == 1
    assert (found.worst_color.value, found.worst_texture.value) < (0.5, 0.01)
    assert (found.outline.missing, found.outline.added, found.outline.cut_off) == (0, 0, 0)
    assert found.sharpness[0] == pytest.approx(found.sharpness[1], rel=0.02)


def test_a_change_of_light_is_told_apart_from_what_light_cannot_do(photo):
    x = np.linspace(-0.15, 0.15, SIDE)[None, :, None]
    found = compare(photo, product(photo, lambda rgb: rgb * (1.25 + x)), UNMOVED)
    assert found.difference.mean > 4
    assert found.light.lightness > 4
    assert found.beyond_light.mean < 1
    assert found.worst_texture.value < 0.2


def test_a_print_that_is_painted_over_is_found_in_its_place(photo):
    painted = photo.rgb.copy()
    painted[105:145, 115:175] = painted[180:220, 115:175]
    found = compare(photo, Seen(painted, photo.matte), UNMOVED)
    assert found.beyond_light.mean < 3  # small on the whole
    assert found.worst_color.value > 15
    assert found.worst_texture.value > 0.6
    for region in (found.worst_color, found.worst_texture):
        x, y, width, height = region.box
        assert 95 < x + width / 2 < 195
        assert 90 < y + height / 2 < 160


def test_a_turned_hue_is_light_that_nobody_asked_for(photo):
    turned = product(photo, lambda rgb: rgb[..., [1, 0, 2]])
    found = compare(photo, turned, UNMOVED)
    assert found.light.unasked > 10
    asked = compare(photo, turned, UNMOVED, Asked(colors=turned.rgb))
    assert asked.light.unasked < 1.5
    assert asked.light.asked == pytest.approx(found.light.color, abs=1)


def test_a_recolouring_is_held_against_what_was_asked_and_its_texture_against_the_photo(photo):
    part = np.zeros((SIDE, SIDE, 1))
    part[:150] = 1
    blue = product(photo, lambda rgb: rgb * (1 - part) + rgb[..., ::-1] * part)
    assert compare(photo, blue, UNMOVED).worst_color.value > 8
    asked = Asked(colors=blue.rgb, recolored=True)
    honest, smooth = compare(photo, blue, UNMOVED, asked), Seen(cv2.GaussianBlur(blue.rgb, (0, 0), 5), photo.matte)
    assert honest.worst_color.value < 1
    assert compare(photo, smooth, UNMOVED, asked).worst_texture.value > 0.35


def test_a_hole_that_was_to_be_filled_is_named_and_not_held_against_the_picture(photo):
    filled = np.zeros((SIDE, SIDE), np.uint8)
    filled[95:155, 105:185] = 255
    painted = photo.rgb.copy()
    painted[100:150, 110:180] = 0
    found = compare(photo, Seen(painted, photo.matte), UNMOVED, Asked(filled=filled))
    assert found.filled_share == pytest.approx(60 * 80 / (220 * 180), rel=0.05)
    assert found.worst_color.value < 1


def test_what_was_cut_away_and_what_was_added_are_told(photo):
    cut = photo.matte.copy()
    cut[:, :78] = 0
    found = compare(photo, Seen(np.where(cut[..., None] > 0, photo.rgb, 255).astype(np.uint8), cut), UNMOVED)
    assert found.outline.missing == pytest.approx(0.1, abs=0.01)
    assert found.worst_color.value > 20
    grown = cv2.dilate(photo.matte, np.ones((9, 9), np.uint8))
    assert compare(photo, Seen(photo.rgb, grown), UNMOVED).outline.added > 0.05


def test_a_picture_without_a_matte_tells_no_outline_but_what_lies_beyond_it(photo):
    right = np.array([[1.0, 0, -150], [0, 1, 0], [0, 0, 1]])
    found = compare(photo, Seen(np.ascontiguousarray(photo.rgb[:, 150:])), right)
    assert (found.outline.missing, found.outline.added) == (None, None)
    assert found.outline.cut_off == pytest.approx(0.5, abs=0.01)
    assert found.beyond_light.mean < 0.1


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
def test_a_picture_that_was_scaled_turned_and_placed_is_the_same_product(photo, scale):
    turn = np.vstack((cv2.getRotationMatrix2D((150, 150), 12, scale), [0, 0, 1]))
    turn[:2, 2] += scale * 150 - 150 + 40
    size = round(SIDE * scale) + 80
    half = np.array([[1.0, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    moved = [
        cv2.warpPerspective(each, np.linalg.inv(half) @ turn @ half, (size, size), flags=cv2.INTER_AREA)
        for each in (cv2.GaussianBlur(photo.rgb, (0, 0), 0.4 / scale) if scale < 1 else photo.rgb, photo.matte)
    ]
    found = compare(photo, Seen(*moved), turn)
    assert found.beyond_light.mean < 1
    assert found.texture_kept > 0.98
    assert found.worst_texture.value < 0.15


def test_nothing_is_compared_where_nothing_of_the_product_is_left(photo):
    away = np.array([[1.0, 0, 900], [0, 1, 0], [0, 0, 1]])
    assert compare(photo, photo, away) is None
    assert compare(photo, Seen(photo.rgb[:6, :6].copy()), np.diag([0.02, 0.02, 1])) is None


def test_a_photo_without_a_known_product_is_compared_whole(photo):
    found = compare(Seen(photo.rgb), Seen(photo.rgb), UNMOVED)
    assert found.frame_px == (SIDE, SIDE)
    assert found.difference.mean == 0


def test_large_photos_are_compared_at_the_size_of_the_frame(photo):
    large = [cv2.resize(each, (3000, 3000), interpolation=cv2.INTER_CUBIC) for each in (photo.rgb, photo.matte)]
    found = compare(Seen(*large), photo, np.diag([0.1, 0.1, 1]))
    assert max(found.frame_px) <= 300
    assert found.beyond_light.mean < 1
    assert max(compare(Seen(*large), Seen(*large), UNMOVED).frame_px) == 512


def test_the_same_pixels_give_the_same_numbers(photo):
    smooth = Seen(cv2.GaussianBlur(photo.rgb, (0, 0), 2), photo.matte)
    assert compare(photo, smooth, UNMOVED) == compare(photo, smooth, UNMOVED)


def test_a_product_that_is_thin_everywhere_is_compared_with_its_edges(photo):
    matte = np.zeros_like(photo.matte)
    matte[60:240, 100:103] = 255
    found = compare(Seen(photo.rgb, matte), Seen(photo.rgb, matte), UNMOVED)
    assert found.difference.mean == 0
    gone = np.where(matte[..., None] > 0, 250, photo.rgb).astype(np.uint8)
    assert compare(Seen(photo.rgb, matte), Seen(gone, matte), UNMOVED).difference.mean > 10


@pytest.mark.parametrize("radius", [7, 9, 10, 11])
def test_a_pair_of_thin_rings_is_compared_with_itself(photo, radius):
    matte = np.zeros_like(photo.matte)
    for middle in (100, 200):
        cv2.circle(matte, (middle, 150), radius, 255, 1)
    rings = Seen(photo.rgb, matte)
    found = compare(rings, rings, UNMOVED)
    assert found.difference.mean == 0
    assert found.noise[0] == found.noise[1] > 0
