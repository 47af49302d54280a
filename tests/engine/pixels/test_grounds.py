import cv2
import numpy as np
import pytest

from engine.pixels import enlarging
from engine.pixels.grounds import Gradient, covering, gradient, out_of_focus, solid


def test_one_colour_is_that_colour_everywhere():
    assert (solid((5, 3), (1, 2, 3)) == (1, 2, 3)).all()
    assert solid((5, 3), (255, 255, 255)).shape == (3, 5, 3)


@pytest.mark.parametrize(
    ("angle", "first", "last"),
    [
        (180, (0, 20), (-1, 20)),
        (0, (-1, 20), (0, 20)),
        (90, (20, 0), (20, -1)),
        (-90, (20, -1), (20, 0)),
    ],
)
def test_a_gradient_runs_as_in_css(angle, first, last):
    ground = gradient((40, 40), Gradient((0, 0, 0), (200, 100, 50), angle=angle))
    assert np.abs(ground[first].astype(int) - (0, 0, 0)).max() <= 4
    assert np.abs(ground[last].astype(int) - (200, 100, 50)).max() <= 4


def test_a_radial_gradient_ends_in_the_corners():
    ground = gradient((60, 30), Gradient((250, 250, 250), (50, 50, 50), "radial"))
    assert ground[15, 30].min() >= 245
    assert ground[0, 0].max() <= 56
    assert np.abs(ground[15, 0].astype(int) - ground[15, -1]).max() <= 3


def test_a_slow_gradient_has_no_bands():
    """Ten codes over 500 rows: bands of 50 rows, whose means a smooth ramp would miss by up to half a code."""
    ground = gradient((64, 500), Gradient((240, 240, 240), (250, 250, 250))).astype(float)
    means = ground.mean(axis=(1, 2)).reshape(-1, 20).mean(axis=1)
    ramp = 240 + 10 * (np.arange(500) + 0.5) / 500
    assert np.abs(means - ramp.reshape(-1, 20).mean(axis=1)).max() < 0.1
    assert np.unique(ground).tolist() == list(range(240, 251))


def test_a_gradient_between_equal_colours_is_that_colour():
    assert (gradient((50, 50), Gradient((7, 8, 9), (7, 8, 9), angle=33)) == (7, 8, 9)).all()


def test_strips_of_a_gradient_are_the_whole(monkeypatch):
    asked = Gradient((0, 9, 200), (90, 80, 10), angle=37)
    whole = gradient((33, 57), asked)
    monkeypatch.setattr(enlarging, "STRIP_PX", 33 * 5)
    assert np.array_equal(gradient((33, 57), asked), whole)


def test_a_scene_covers_the_frame_with_its_middle():
    scene = np.zeros((40, 100, 3), np.uint8)
    scene[:, 40:60] = 200
    ground = covering(scene, (80, 80))
    assert ground.shape == (80, 80, 3)
    assert (ground[:, 25:55] == 200).all()
    assert (ground[:, :15] == 0).all()
    same = covering(scene, (20, 40))
    assert (same == 200).all()


@pytest.fixture
def photo():
    """A red product on a ground that goes from dark blue to light blue; returns (photo, product, ground)."""
    ground = np.zeros((240, 180, 3), np.uint8)
    ground[..., 2] = np.linspace(60, 220, 240)[:, None]
    product = np.zeros((240, 180), np.uint8)
    cv2.circle(product, (90, 120), 60, 255, -1)
    product = cv2.GaussianBlur(product, (0, 0), 1.5)
    share = product[..., None] / 255
    mixed = ground * (1 - share) + np.array([230, 20, 20]) * share
    return np.rint(mixed).astype(np.uint8), product, ground


@pytest.mark.parametrize("amount", [0.01, 0.5, 1.0])
def test_the_blurred_ground_shows_nothing_of_the_product(photo, amount):
    blurred = out_of_focus(*photo[:2], amount, (180, 240))
    assert blurred[..., 0].max() <= 4
    assert np.abs(blurred.astype(int) - photo[2])[20:-20].max() < 16


def test_the_blurred_ground_is_cut_to_the_frame_and_smoother_with_more(photo):
    random = np.random.default_rng(2).integers(0, 255, (120, 90, 3), np.uint8)
    clear = np.zeros((120, 90), np.uint8)
    spread = [float(out_of_focus(random, clear, amount, (90, 120)).std()) for amount in (0.05, 0.4, 1.0)]
    assert spread[0] > spread[1] > spread[2]
    wide = out_of_focus(*photo[:2], 0.5, (300, 100))
    assert wide.shape == (100, 300, 3)
    assert abs(int(wide[50, 150, 2]) - int(photo[2][120, 90, 2])) < 12


def test_a_photo_without_ground_cannot_be_blurred(photo):
    with pytest.raises(ValueError, match="no ground is left"):
        out_of_focus(photo[0], np.full((240, 180), 255, np.uint8), 0.5, (180, 240))
