import cv2
import numpy as np
import pytest

from engine.pixels.shadow import contact_shadow, lay_under


@pytest.fixture
def product():
    matte = np.zeros((300, 300), np.float32)
    matte[80:200, 90:210] = 1
    return cv2.GaussianBlur(matte, (0, 0), 1.0)


@pytest.fixture
def shade():
    """Dark below the product, soft."""
    shade = np.zeros((300, 300), np.float32)
    shade[190:212, 85:215] = 0.5
    return cv2.GaussianBlur(shade, (0, 0), 6)


def photo(ground, shade, product, color=(200, 40, 40)):
    shaded = ground * (1 - shade[..., None])
    return np.clip(shaded + product[..., None] * (np.array(color) - shaded), 0, 255).astype(np.uint8)


def plain(value=(215, 205, 190)):
    return np.broadcast_to(np.array(value, np.float32), (300, 300, 3))


def test_a_shadow_on_plain_ground_is_found_where_it_is(product, shade):
    found = contact_shadow(photo(plain(), shade, product), product)
    visible = product < 0.02
    assert np.abs(found - shade)[visible].mean() < 0.01
    assert np.corrcoef(found[visible], shade[visible])[0, 1] > 0.95


def test_a_slope_of_light_is_not_a_shadow(product):
    slope = plain() * np.linspace(1, 0.6, 300, dtype=np.float32)[:, None, None]
    assert contact_shadow(photo(slope, np.zeros_like(product), product), product).max() < 0.03


def test_the_pattern_of_a_floor_is_not_a_shadow(product, shade):
    y, x = np.mgrid[:300, :300] // 20
    checks = np.where(((x + y) % 2)[..., None] > 0, 200.0, 120.0) * np.ones(3)
    assert contact_shadow(photo(checks, shade, product), product).max() < 0.03


def test_another_things_colour_beside_the_product_is_not_a_shadow(product):
    ground = plain().copy()
    ground[205:240, 100:200] = (20, 60, 190)
    assert contact_shadow(photo(ground, np.zeros_like(product), product), product).max() < 0.05


def test_a_seam_of_the_floor_that_runs_up_to_the_product_is_not_a_shadow(product):
    ground = plain().copy()
    ground[150:, 149:151] *= 0.6
    found = contact_shadow(photo(ground, np.zeros_like(product), product), product)
    assert found[product < 0.02].max() < 0.05


def test_a_dark_patch_away_from_the_product_is_not_its_shadow(product):
    ground = plain().copy()
    ground[235:265, 60:240] *= 0.5
    assert contact_shadow(photo(ground, np.zeros_like(product), product), product).max() < 0.05


@pytest.mark.parametrize("value", [0.0, 1.0])
@pytest.mark.parametrize("shape", [(5, 7), (1, 1), (1, 400)])
def test_without_a_product_or_without_ground_there_is_none(shape, value):
    matte = np.full(shape, value, np.float32)
    assert contact_shadow(np.zeros((*shape, 3), np.uint8), matte).max() == 0


def test_laid_on_white_product_and_shadow_show_as_two_layers(product, shade):
    colors = np.full((300, 300, 3), 90, np.uint8)
    alpha = np.rint(product * 255).astype(np.uint8)
    joint, joint_alpha = lay_under(colors, alpha, shade)
    share, under = alpha[..., None] / 255, 255 * (1 - shade[..., None])
    wanted = colors * share + under * (1 - share)
    shown = joint * (joint_alpha[..., None] / 255) + 255 * (1 - joint_alpha[..., None] / 255)
    assert np.abs(shown - wanted).max() <= 2
    assert np.array_equal(joint[alpha == 255], colors[alpha == 255])
