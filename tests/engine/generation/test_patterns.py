from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine.generation.patterns import measure_texture, pattern_of
from engine.generation.placing import Centred
from engine.images import Image
from tests.engine.generation.discs import swatch

_DOWN, _ACROSS = np.mgrid[:256, :256].astype(np.float32)


def _cloth(light: np.ndarray) -> Image:
    """Blue cloth, of the lightness given in 0..1, with a sensor's noise."""
    noise = np.random.default_rng(0).normal(0, 1.5, (256, 256, 3))
    return np.clip(light[..., None] * np.array([60, 90, 200]) + 30 + noise, 0, 255).astype(np.uint8)


def _bands(turn_degrees: float, period_px: float) -> np.ndarray:
    angle = np.radians(turn_degrees)
    sharp = ((_ACROSS * np.cos(angle) + _DOWN * np.sin(angle)) / period_px) % 1 < 0.5
    return cv2.GaussianBlur(sharp.astype(np.float32), (0, 0), 0.8)  # as a lens would draw it


def test_even_cloth_with_soft_folds_is_plain() -> None:
    folds = 0.6 + 0.25 * np.sin(_ACROSS / 23 + np.sin(_DOWN / 40))
    assert pattern_of(swatch(_cloth(folds))) == "plain"


@pytest.mark.parametrize("turn_degrees", [0, 30, 90, 135])
@pytest.mark.parametrize("period_px", [8, 14])
def test_bands_in_one_direction_are_stripes(turn_degrees: float, period_px: float) -> None:
    assert pattern_of(swatch(_cloth(0.3 + 0.6 * _bands(turn_degrees, period_px)))) == "striped"


@pytest.mark.parametrize("turn_degrees", [0, 45])
def test_bands_across_bands_are_checks(turn_degrees: float) -> None:
    crossed = _bands(turn_degrees, 10) + _bands(turn_degrees + 90, 10)
    assert pattern_of(swatch(_cloth(0.2 + 0.4 * crossed))) == "checked"


def test_flowers_all_over_are_a_print() -> None:
    rng = np.random.default_rng(5)
    image = _cloth(np.full((256, 256), 0.2, np.float32))
    for _ in range(260):
        place = tuple(int(value) for value in rng.integers(0, 256, 2))
        cv2.circle(image, place, int(rng.integers(3, 7)), tuple(int(v) for v in rng.integers(60, 256, 3)), -1)
    assert pattern_of(swatch(image)) == "printed"


def test_a_product_of_which_nothing_is_left_within_its_rim_is_plain() -> None:
    matte = np.zeros((256, 256), np.float32)
    matte[100:103] = 1
    thin = Centred(np.full((256, 256, 3), 90, np.uint8), matte, 0.1)
    assert measure_texture(thin).corners == 0
    assert pattern_of(thin) == "plain"
