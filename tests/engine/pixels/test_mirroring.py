import numpy as np
import pytest

from engine.pixels.mirroring import Mirror


@pytest.fixture
def product():
    """A box, red above and blue below, that stands on row 100."""
    pixels = np.zeros((200, 120, 4), np.uint8)
    pixels[40:70, 30:90] = (200, 0, 0, 255)
    pixels[70:100, 30:90] = (0, 0, 200, 255)
    return pixels


def mirror_under(product, strength=1.0):
    matte = product[..., 3].astype(np.float32) / 255
    return Mirror.under(matte, (product.shape[1], product.shape[0]), strength)


def test_what_is_lowest_is_reflected_nearest_and_strongest(product):
    mirror = mirror_under(product)
    assert mirror.first_row == 100
    colors, opacity = mirror.reflected(product, slice(100, 200))
    assert colors[1, 60].tolist() == [0, 0, 200]
    assert opacity[1, 60] > 0.4
    assert (np.diff(opacity[:, 60]) <= 0).all()
    assert opacity[30:].max() == 0
    assert opacity[:, :28].max() == 0


def test_nothing_is_reflected_above_the_floor(product):
    assert mirror_under(product).reflected(product, slice(0, 100))[1].max() == 0


def test_half_the_strength_is_half_the_opacity(product):
    whole, half = (mirror_under(product, strength).reflected(product, slice(100, 120))[1] for strength in (1.0, 0.5))
    assert np.allclose(half, whole / 2)


def test_a_reflection_ends_before_the_frame_does():
    pixels = np.zeros((100, 50, 4), np.uint8)
    pixels[5:85, 10:40] = 255
    opacity = mirror_under(pixels).reflected(pixels, slice(85, 100))[1]
    assert opacity[0].max() > 0.3
    assert opacity[-2:].max() == 0


def test_without_a_product_room_or_strength_there_is_no_mirror(product):
    assert mirror_under(np.zeros_like(product)) is None
    assert mirror_under(product, 0.0) is None
    assert mirror_under(product[:100]) is None


def test_a_smaller_matte_puts_the_mirror_where_the_whole_one_does(product):
    small = product[::2, ::2, 3].astype(np.float32) / 255
    mirror = Mirror.under(small, (120, 200), 1.0)
    assert np.abs(mirror.floor - mirror_under(product).floor).max() <= 2
