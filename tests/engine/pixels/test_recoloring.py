"""Recolouring made-up cloths: the target met, folds and prints kept, the ground's bytes untouched."""

import cv2
import numpy as np
import pytest

from engine.pixels.color import flatten
from engine.pixels.geometry import Box
from engine.pixels.recoloring import recolor
from engine.pixels.recoloring_picks import PartNotFoundError, Pick
from engine.pixels.recoloring_region import find_part
from engine.pixels.recoloring_tones import Lightness, tones_for, within_gamut
from engine.quality.metrics import delta_e2000, srgb_to_lab
from engine.quality.recoloring import reached

GROUND, BLUE, RED = (150, 140, 120), (40, 70, 160), (200, 30, 40)
SIDE = 120
LOGO = np.s_[50:70, 50:70]


def lab(color):
    return tuple(float(value) for value in srgb_to_lab(np.array(color, np.uint8)))


def cloth(color, folds=0.4, noise=0.7, ground=GROUND):
    """A soft-edged square of one colour, in folds of light, on a ground: (image, matte)."""
    random = np.random.default_rng(5)
    across, down = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
    light = 1 - folds * (0.5 + 0.5 * np.sin(across / 7 + down / 31))
    linear = (np.array(color) / 255.0) ** 2.2 * light[..., None]
    product = 255 * linear ** (1 / 2.2) + random.normal(0, noise, (SIDE, SIDE, 1))
    share = np.zeros((SIDE, SIDE), np.float32)
    share[20:100, 20:100] = 1
    share = cv2.GaussianBlur(share, (0, 0), 0.8)
    rest = np.array(ground) + random.normal(0, 2, (SIDE, SIDE, 1))
    mixed = product * share[..., None] + rest * (1 - share[..., None])
    return np.clip(np.rint(mixed), 0, 255).astype(np.uint8), np.rint(share * 255).astype(np.uint8)


def printed(color, logo):
    image, matte = cloth(color)
    image[LOGO] = logo
    return image, matte


def dyed(image, matte, target, pick=None, alpha=None):
    part = find_part(image, matte, pick or Pick(), alpha)
    return recolor(image, part, lab(target)), part


@pytest.mark.parametrize("source", [BLUE, (235, 235, 232), (25, 25, 28), (120, 120, 118)])
@pytest.mark.parametrize("target", [(248, 248, 246), (24, 24, 26), RED, (245, 213, 60)])
def test_any_cloth_takes_any_colour_and_keeps_its_folds(source, target):
    image, matte = cloth(source)
    result, part = dyed(image, matte, target)
    made = reached(image, result, part.weight, lab(target))
    assert made.delta_e < 2
    assert made.texture > 0.9
    assert part.share > 0.97


def test_the_ground_keeps_its_bytes():
    image, matte = cloth(BLUE)
    result, _ = dyed(image, matte, RED)
    assert np.array_equal(result[matte == 0], image[matte == 0])
    assert not np.array_equal(result[matte == 255], image[matte == 255])


def test_a_red_logo_on_a_blue_cloth_stays_red():
    image, matte = printed(BLUE, RED)
    result, part = dyed(image, matte, (245, 213, 60))
    inside = np.s_[53:67, 53:67]
    assert np.array_equal(result[inside], image[inside])
    assert not part.weight[inside].any()
    assert part.weight[30:45, 30:90].min() == 255


def test_a_white_logo_on_a_grey_cloth_stays_white():
    image, matte = printed((110, 110, 112), (250, 250, 250))
    result, _ = dyed(image, matte, (24, 24, 26))
    assert result[53:67, 53:67].min() == 250


def test_a_highlight_that_sets_in_slowly_is_dyed_with_the_cloth():
    image, matte = cloth((110, 110, 112), folds=0)
    across, down = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
    shine = 120 * np.exp(-((across - 60) ** 2 + (down - 60) ** 2) / (2 * 18**2))
    image = np.clip(image + shine[..., None], 0, 255).astype(np.uint8)
    _, part = dyed(image, matte, RED)
    assert part.weight[30:90, 30:90].min() == 255


def test_prints_are_dyed_too_where_they_are_not_to_be_kept():
    image, matte = printed(BLUE, RED)
    result, part = dyed(image, matte, (46, 132, 72), Pick(keep_prints=False))
    assert part.weight[LOGO].min() == 255
    middle = result[60, 60].astype(int)
    assert middle[1] > middle[0] + 20


def test_no_halo_is_left_of_a_white_cloth_made_black_on_a_dark_ground():
    ground = (60, 50, 45)
    image, matte = cloth((235, 235, 232), ground=ground)
    result, _ = dyed(image, matte, (24, 24, 26))
    assert result.max() < 80  # neither the ground nor the cloth is lighter, and so no edge between them may be


def test_a_dark_cloth_made_white_has_no_bright_or_dark_rim():
    image, matte = cloth((30, 30, 34), folds=0, noise=0, ground=(230, 228, 225))
    result, _ = dyed(image, matte, (248, 248, 246))
    row = result[60, 10:110].astype(int).max(axis=1)
    assert row.min() > 215


def test_noise_of_a_black_cloth_is_not_blown_up():
    image, matte = cloth((22, 22, 24), folds=0, noise=1.5)
    result, _ = dyed(image, matte, (248, 162, 184))
    before, after = (srgb_to_lab(each[30:90, 30:90])[..., 0].std() for each in (image, result))
    assert after < 1.6 * before


def test_a_point_recolours_what_hangs_together_with_it():
    image, matte = printed(BLUE, RED)
    image[80:95, 30:45] = RED
    result, _ = dyed(image, matte, (245, 213, 60), Pick(point=(60, 60)))
    assert delta_e2000(srgb_to_lab(result[60, 60]), np.array(lab((245, 213, 60)))) < 3
    assert np.array_equal(result[85, 35], image[85, 35])
    assert np.array_equal(result[40, 40], image[40, 40])


def test_a_colour_recolours_all_that_has_it():
    image, matte = printed(BLUE, RED)
    image[80:95, 30:45] = RED
    result, _ = dyed(image, matte, (245, 213, 60), Pick(color=lab((190, 40, 45))))
    for place in ((60, 60), (87, 37)):
        assert delta_e2000(srgb_to_lab(result[place]), np.array(lab((245, 213, 60)))) < 3
    assert np.array_equal(result[40, 40], image[40, 40])


def test_a_dark_stripe_is_no_shade_of_the_light_one_beside_it():
    image, matte = cloth((215, 215, 220))
    for top in range(20, 100, 16):
        image[top : top + 8, 22:98] = (28, 30, 48)
    stripe, between = np.s_[37:43, 30:90], np.s_[45:51, 30:90]
    for wanted, kept in ((stripe, between), (between, stripe)):
        color = lab(image[wanted][3, 30])
        result, _ = dyed(image, matte, (245, 213, 60), Pick(color=color))
        assert np.array_equal(result[kept], image[kept])
        assert (result[wanted][..., 0].astype(int) - result[wanted][..., 2] > 80).all()


def test_a_box_recolours_nothing_beyond_it():
    image, matte = cloth(BLUE)
    result, _ = dyed(image, matte, RED, Pick(box=Box(10, 10, 50, 110)))
    assert np.array_equal(result[:, 60:], image[:, 60:])
    assert (result[60, 30:60, 0] > result[60, 30:60, 2]).all()


@pytest.mark.parametrize(
    ("pick", "field"),
    [
        (Pick(point=(5, 5)), "point"),
        (Pick(box=Box(0, 0, 10, 10)), "box"),
        (Pick(color=lab((46, 200, 72))), "from"),
    ],
)
def test_what_was_picked_and_is_not_there_is_named(pick, field):
    with pytest.raises(PartNotFoundError) as caught:
        find_part(*cloth(BLUE), pick)
    assert caught.value.field == field


def test_a_picture_without_a_product_is_refused():
    image, matte = cloth(BLUE)
    with pytest.raises(PartNotFoundError, match="no product"):
        find_part(image, np.zeros_like(matte), Pick())


def test_a_cutouts_clear_margin_is_dyed_and_its_shadow_is_not():
    image, matte = cloth(BLUE, ground=BLUE, noise=0)
    alpha = matte.copy()
    image[100:110, 40:80], alpha[100:110, 40:80] = 0, np.maximum(alpha[100:110, 40:80], 90)
    result, _ = dyed(image, matte, RED, alpha=alpha)
    seen = flatten(np.dstack((result, alpha)), (255, 255, 255))
    assert result[60, 18, 0] > 150, "a colour that a later resize mixes into the edge"
    assert np.array_equal(result[106, 50:70], image[106, 50:70])
    assert (seen[60, 17:30, 0].astype(int) > seen[60, 17:30, 2]).any()


def test_a_large_picture_is_dyed_like_a_small_one():
    image, matte = cloth(BLUE, noise=0)
    large = [cv2.resize(each, (1300, 1300), interpolation=cv2.INTER_CUBIC) for each in (image, matte)]
    small, _ = dyed(image, matte, RED)
    result, part = dyed(*large, RED)
    shrunk = cv2.resize(result, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    assert part.weight.shape == (1300, 1300)
    assert np.abs(shrunk[30:90, 30:90].astype(int) - small[30:90, 30:90]).mean() < 4
    assert np.array_equal(result[large[1] == 0], large[0][large[1] == 0])


@pytest.mark.parametrize("target", [(97.0, 0.0, 0.0), (8.0, 0.0, 0.0), (45.0, 60.0, 40.0)])
@pytest.mark.parametrize("source", [10.0, 50.0, 95.0])
def test_tones_rise_with_the_light_and_stay_within_black_and_white(source, target):
    tones = tones_for(Lightness(source, source - 8, source + 4), np.array(target, np.float32))
    light = tones.lightness(np.linspace(0, 100, 201, dtype=np.float32))
    assert (np.diff(light) >= -1e-4).all()
    assert light.min() > 0
    assert light.max() < 100
    assert tones.lightness(np.float32([source]))[0] == pytest.approx(float(tones.target[0]), abs=0.01)


def test_a_colour_that_srgb_has_not_keeps_lightness_and_hue():
    wanted = np.array([[50.0, 110.0, -60.0], [50.0, 10.0, 10.0]], np.float32)
    made = within_gamut(wanted)
    assert made[0, 0] == 50
    assert 20 < np.hypot(*made[0, 1:]) < np.hypot(*wanted[0, 1:])
    assert np.arctan2(made[0, 2], made[0, 1]) == pytest.approx(np.arctan2(-60, 110), abs=1e-3)
    assert np.array_equal(made[1], wanted[1])
