from __future__ import annotations

import numpy as np
import pytest

from engine.training.measures.cutout import gradient_error, overlap


def _square(side: int = 40) -> np.ndarray:
    matte = np.zeros((side, side), np.float32)
    matte[10:30, 10:30] = 1.0
    return matte


def test_a_matte_overlaps_itself_wholly_and_its_half_by_half() -> None:
    half = _square()
    half[:, 20:] = 0.0
    assert overlap(_square(), _square()) == 1.0
    assert overlap(half, _square()) == pytest.approx(0.5)


def test_two_empty_mattes_do_not_divide_by_zero() -> None:
    assert overlap(np.zeros((4, 4), np.float32), np.zeros((4, 4), np.float32)) == 0.0


def test_the_gradient_error_counts_slopes_and_not_levels() -> None:
    assert gradient_error(_square(), _square()) == 0.0
    assert gradient_error(np.full((40, 40), 0.3, np.float32), np.full((40, 40), 0.9, np.float32)) < 1e-9
    assert gradient_error(np.zeros((40, 40), np.float32), _square()) > 0.01


def test_the_gradient_of_a_ramp_is_its_slope() -> None:
    ramp = np.tile(np.arange(64, dtype=np.float32) / 100, (64, 1))
    middle = np.zeros((64, 64), np.float32)
    error = gradient_error(ramp, middle)
    assert error == pytest.approx(64 * 64 * 0.01**2 / 1000, rel=0.15)
