import cv2
import numpy as np
import pytest

from engine.pixels import enlarging
from engine.pixels.casting import drop_shadow, standing_shadow
from engine.pixels.grounds import solid
from engine.pixels.mirroring import Mirror
from engine.pixels.staging import Cast, laid_on, laid_on_nothing

SIZE = (150, 200)


@pytest.fixture
def product():
    alpha = np.zeros((200, 150), np.uint8)
    alpha[40:150, 40:110] = 255
    alpha = cv2.GaussianBlur(alpha, (0, 0), 1.2)
    colors = np.random.default_rng(4).integers(0, 256, (200, 150, 3), np.uint8)
    return np.dstack((colors, alpha))


@pytest.fixture
def cast(product):
    matte = product[..., 3].astype(np.float32) / 255
    return Cast(standing_shadow(matte), Mirror.under(matte, SIZE, 0.8))


def test_opaque_pixels_keep_their_bytes_and_bare_ground_its_own(product, cast):
    laid = laid_on(product, solid(SIZE, (255, 255, 255)), cast)
    opaque = product[..., 3] == 255
    assert np.array_equal(laid[opaque], product[opaque][:, :3])
    bare = (product[..., 3] == 0) & (cast.shadow == 0)
    bare[148:] = False  # where the mirror may be
    assert bare.sum() > 10_000
    assert (laid[bare] == 255).all()


def test_white_is_white_up_to_the_border_all_around(product):
    matte = product[..., 3].astype(np.float32) / 255
    laid = laid_on(product, solid(SIZE, (255, 255, 255)), Cast(drop_shadow(matte)))
    edge = np.concatenate([laid[0], laid[-1], laid[:, 0], laid[:, -1]])
    assert (edge == 255).all()
    assert laid[155, 75].max() < 240


def test_a_shadow_darkens_and_a_reflection_shows_the_product_below_it(product):
    product[..., :3] = (200, 30, 30)
    matte = product[..., 3].astype(np.float32) / 255
    white = solid(SIZE, (255, 255, 255))
    mirrored = laid_on(product, white.copy(), Cast(mirror=Mirror.under(matte, SIZE, 1.0)))[155, 75].astype(int)
    assert mirrored[0] > mirrored[1] + 40
    shaded = laid_on(product, white.copy(), Cast(standing_shadow(matte)))[155, 75]
    assert len(set(shaded.tolist())) == 1
    assert shaded[0] < 230


def test_layers_on_nothing_look_on_a_ground_as_if_laid_on_it(product, cast):
    layer = laid_on_nothing(product, cast)
    share = layer[..., 3:] / 255
    shown = layer[..., :3] * share + 180 * (1 - share)
    laid = laid_on(product, solid(SIZE, (180, 180, 180)), cast)
    assert np.abs(shown - laid).max() <= 2.5
    assert np.array_equal(layer[product[..., 3] == 255], product[product[..., 3] == 255])


def test_nothing_cast_on_nothing_is_the_product(product):
    assert np.array_equal(laid_on_nothing(product, Cast()), product)


def test_strips_are_the_whole_laid_at_once(product, cast, monkeypatch):
    whole = laid_on(product, solid(SIZE, (230, 220, 210)), cast)
    nothing = laid_on_nothing(product, cast)
    monkeypatch.setattr(enlarging, "STRIP_PX", 150 * 7)
    assert np.abs(laid_on(product, solid(SIZE, (230, 220, 210)), cast).astype(int) - whole).max() <= 1
    assert np.abs(laid_on_nothing(product, cast).astype(int) - nothing).max() <= 1
