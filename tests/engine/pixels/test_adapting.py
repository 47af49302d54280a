import itertools

import numpy as np
import pytest

from engine.pixels.adapting import MOST_STOPS, adapted, scene_light
from engine.quality.metrics import delta_e2000, srgb_to_lab

SCENES = {"lamplight": (190, 110, 40), "dusk": (20, 30, 60), "snow": (252, 252, 255), "red room": (255, 0, 0)}


def scene(color):
    return np.full((60, 80, 3), color, np.uint8)


def every_color(step=15):
    return np.array(list(itertools.product(range(0, 256, step), repeat=3)), np.uint8)[None]


def test_nothing_of_it_changes_nothing():
    colors = every_color(51)
    for color in SCENES.values():
        light = scene_light(scene(color), 0.0)
        assert light.gains == pytest.approx((1, 1, 1))
        assert np.array_equal(adapted(colors, light), colors)


def test_a_warm_scene_warms_and_a_dark_one_darkens():
    warm = scene_light(scene(SCENES["lamplight"]), 1.0)
    dark = scene_light(scene(SCENES["dusk"]), 1.0)
    grey = np.full((1, 1, 3), 150, np.uint8)
    red, green, blue = adapted(grey, warm)[0, 0].tolist()
    assert red > green > blue
    assert adapted(grey, dark).max() < 150
    assert dark.stops == pytest.approx(MOST_STOPS[0])


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize(("adapt", "most_mean", "most"), [(0.5, 5.0, 9.0), (1.0, 9.0, 17.0)])
def test_no_scene_changes_colours_beyond_the_limits(name, adapt, most_mean, most):
    colors = every_color()
    changed = adapted(colors, scene_light(scene(SCENES[name]), adapt))
    moved = delta_e2000(srgb_to_lab(colors), srgb_to_lab(changed))
    assert moved.mean() < most_mean
    assert moved.max() < most


@pytest.mark.parametrize("name", SCENES)
def test_strong_colours_keep_their_hue_within_ten_degrees(name):
    colors = every_color()
    lab = srgb_to_lab(colors)[0]
    strong = (np.hypot(lab[:, 1], lab[:, 2]) > 40) & (lab[:, 0] > 25)
    changed = srgb_to_lab(adapted(colors, scene_light(scene(SCENES[name]), 1.0)))[0]
    hues = [np.degrees(np.arctan2(each[:, 2], each[:, 1])) for each in (lab, changed)]
    turned = np.abs((hues[1] - hues[0] + 180) % 360 - 180)
    assert np.percentile(turned[strong], 95) < 10


def test_brightening_clips_nothing_that_was_not():
    light = scene_light(scene(SCENES["snow"]), 1.0)
    ramp = np.repeat(np.arange(256, dtype=np.uint8), 3).reshape(1, 256, 3)
    lit = adapted(ramp, light)[0].astype(int)
    assert light.stops > 0.2
    assert (lit[100] > 100).all()
    assert (np.diff(lit[:, 1]) >= 0).all()
    assert (lit[:, 1] == 255).sum() <= 2


@pytest.mark.parametrize("adapt", [-0.1, 1.5])
def test_more_than_all_is_refused(adapt):
    with pytest.raises(ValueError, match=str(adapt)):
        scene_light(scene((9, 9, 9)), adapt)
