from __future__ import annotations

import numpy as np
import pytest

from engine.training.faults import LightFault, draw_fault, fault_for_evaluation, light_badly, light_badly_for_evaluation
from engine.training.linear import decode_image, encode_linear, jpeg_round_trip, to_uint8

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
    uneven = light_badly(image, LightFault(vignette_stops=1.0, bright_point=(0.0, 0.0)), np.random.default_rng(1))
    assert uneven[0, 0, 1] >= 179
    assert decode_image(uneven)[-1, -1, 1] == pytest.approx(decode_image(image)[0, 0, 1] / 2, rel=0.03)


def test_the_evaluation_faults_go_by_turns_and_repeat() -> None:
    exposure, cast, both = (fault_for_evaluation(index) for index in (0, 1, 2))
    assert exposure.exposure_stops != 0 == exposure.warmth_stops
    assert cast.exposure_stops == 0 != cast.warmth_stops
    assert both.exposure_stops != 0 != both.warmth_stops
    first, again = (light_badly_for_evaluation(_photo(), 2) for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, light_badly_for_evaluation(_photo(), 5))


def test_a_fair_share_of_training_faults_is_none_at_all() -> None:
    rng = np.random.default_rng(3)
    drawn = [draw_fault(rng) for _ in range(1000)]
    plain = sum(fault.exposure_stops == 0 == fault.warmth_stops and fault.gamma == 1 for fault in drawn)
    assert 200 < plain < 400


def test_jpeg_changes_a_photo_more_at_a_lower_quality() -> None:
    errors = [np.abs(jpeg_round_trip(_photo(), quality).astype(int) - _photo()).mean() for quality in (30, 95)]
    assert errors[0] > errors[1] > 0
