from __future__ import annotations

import numpy as np
import pytest

from engine.training.faults import (
    LightFault,
    draw_fault,
    fault_for_evaluation,
    is_well_lit,
    light_badly,
    light_badly_for_evaluation,
    light_unevenly_for_evaluation,
)
from engine.training.linear import decode_image, encode_linear, jpeg_round_trip, to_uint8
from engine.training.uneven import KINDS, Unevenness, draw_unevenness, uneven_gains, unevenness_for_evaluation

RAMP = np.arange(256, dtype=np.uint8)


def _photo() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (40, 56, 3)).astype(np.uint8)


def test_every_8_bit_level_survives_the_way_to_linear_light_and_back() -> None:
    assert np.array_equal(to_uint8(encode_linear(decode_image(RAMP))), RAMP)


def test_the_default_fault_changes_nothing() -> None:
    assert np.array_equal(light_badly(_photo(), LightFault(), np.random.default_rng(1)), _photo())


def test_one_stop_less_halves_linear_light() -> None:
    image = np.full((8, 8, 3), 200, np.uint8)
    darker = light_badly(image, LightFault(exposure_stops=-1.0), np.random.default_rng(1))
    assert decode_image(darker).mean() == pytest.approx(decode_image(image).mean() / 2, rel=0.01)


def test_warmth_raises_red_over_blue_and_tint_raises_green() -> None:
    image = np.full((8, 8, 3), 120, np.uint8)
    warm = light_badly(image, LightFault(warmth_stops=1.0), np.random.default_rng(1))[0, 0]
    green = light_badly(image, LightFault(tint_stops=0.6), np.random.default_rng(1))[0, 0]
    assert warm[0] > warm[1] > warm[2]
    assert green[1] > green[0] == green[2]


def test_a_vignette_darkens_away_from_its_bright_point() -> None:
    image = np.full((60, 60, 3), 180, np.uint8)
    fault = LightFault(uneven=Unevenness("vignette", stops=1.0, centre=(0.0, 0.0)))
    uneven = light_badly(image, fault, np.random.default_rng(1))
    assert uneven[0, 0, 1] >= 179
    assert decode_image(uneven)[-1, -1, 1] == pytest.approx(decode_image(image)[0, 0, 1] / 2, rel=0.03)


def test_light_from_one_side_falls_along_its_angle_alone() -> None:
    gains = uneven_gains(Unevenness("side light", stops=2.0, angle=0.0), 8, 50)
    assert np.ptp(gains, axis=0).max() < 1e-6
    assert (np.diff(gains[0, :, 0]) < 0).all()
    assert gains[0, [0, -1], 0] == pytest.approx([1.0, 0.25])


@pytest.mark.parametrize("round_shadow", [False, True])
def test_a_shadow_has_a_soft_edge_and_leaves_the_rest_lit(round_shadow: bool) -> None:
    shadow = Unevenness("shadow", stops=1.0, reach=0.3, round_shadow=round_shadow)
    gains = uneven_gains(shadow, 64, 64)[..., 0]
    assert (gains.max(), gains.min()) == pytest.approx((1.0, 0.5))
    assert (gains == gains.max()).mean() > 0.2
    assert np.abs(np.diff(gains, axis=1)).max() < 0.1


def test_two_lights_differ_in_colour_from_side_to_side() -> None:
    gains = uneven_gains(Unevenness("two lights", stops=0.0, warmth_stops=1.0), 4, 40)
    assert gains[0, 0].tolist() == pytest.approx([1.0, 1.0, 1.0])
    assert gains[0, -1].tolist() == pytest.approx([2**0.5, 1.0, 0.5**0.5])


def test_the_evaluations_uneven_light_goes_by_turns_and_repeats() -> None:
    assert [unevenness_for_evaluation(index, 7).kind for index in range(4)] == list(KINDS)
    first, again = (light_unevenly_for_evaluation(_photo(), 2) for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, light_unevenly_for_evaluation(_photo(), 6))


def test_drawn_unevenness_is_of_every_kind_and_never_brightens() -> None:
    rng = np.random.default_rng(1)
    drawn = [draw_unevenness(rng) for _ in range(200)]
    assert {unevenness.kind for unevenness in drawn} == set(KINDS)
    assert all(uneven_gains(one, 9, 9)[..., 1].max() <= 1.0 + 1e-6 for one in drawn)


def test_a_photo_is_well_lit_by_its_brightness_whatever_its_colour() -> None:
    good = np.full((50, 50, 3), 120, np.uint8)
    good[:20] = 230
    assert is_well_lit(good)
    assert is_well_lit((good * np.array([1.0, 0.5, 0.5])).astype(np.uint8))
    assert not is_well_lit((good * 0.3).astype(np.uint8))
    assert not is_well_lit(np.full((50, 50, 3), 150, np.uint8))


def test_the_evaluation_faults_go_by_turns_and_repeat() -> None:
    exposure, cast, both = (fault_for_evaluation(index) for index in (0, 1, 2))
    assert exposure.exposure_stops != 0 == exposure.warmth_stops
    assert cast.exposure_stops == 0 != cast.warmth_stops
    assert both.exposure_stops != 0 != both.warmth_stops
    first, again = (light_badly_for_evaluation(_photo(), 2) for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, light_badly_for_evaluation(_photo(), 5))


def test_about_a_third_of_training_faults_is_none_at_all_and_the_others_can_be_seen() -> None:
    rng = np.random.default_rng(3)
    drawn = [draw_fault(rng) for _ in range(1000)]
    faulty = [fault for fault in drawn if fault != LightFault(noise=fault.noise)]
    assert 580 < len(faulty) < 720
    assert all(abs(fault.exposure_stops) >= 0.3 or abs(fault.warmth_stops) >= 0.35 or fault.uneven for fault in faulty)


def test_jpeg_changes_a_photo_more_at_a_lower_quality() -> None:
    errors = [np.abs(jpeg_round_trip(_photo(), quality).astype(int) - _photo()).mean() for quality in (30, 95)]
    assert errors[0] > errors[1] > 0
