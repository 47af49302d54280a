"""What lies between a product and a small picture of it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine.training.data import Pixels, shrink
from engine.training.photo_faults import spoil, spoil_for_evaluation

pytestmark = pytest.mark.train


@pytest.fixture
def photo() -> Pixels:
    coarse = np.random.default_rng(3).integers(20, 236, (12, 16, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(coarse, (128, 96), interpolation=cv2.INTER_CUBIC), np.uint8)


@pytest.mark.parametrize("factor", [2, 4])
def test_a_spoilt_picture_has_the_size_and_stays_where_it_was(factor: int, photo: Pixels) -> None:
    clean = shrink(photo, factor).astype(float)
    errors = []
    for seed in range(12):
        low = spoil(photo, factor, np.random.default_rng(seed))
        assert low.shape == clean.shape
        assert low.dtype == np.uint8
        errors.append(low - clean)
    mean = np.mean(errors, axis=0)
    assert abs(mean.mean()) < 3
    for axis in (0, 1):
        slope = (np.roll(clean, 1, axis) - np.roll(clean, -1, axis))[2:-2, 2:-2] / 2
        assert abs(float((mean[2:-2, 2:-2] * slope).sum() / (slope**2).sum())) < 0.05  # a shift of one pixel gives 1


def test_some_pictures_are_only_shrunk_and_most_are_not(photo: Pixels) -> None:
    clean = shrink(photo, 2)
    same = [np.array_equal(spoil(photo, 2, np.random.default_rng(seed)), clean) for seed in range(60)]
    assert 0 < sum(same) < 20


def test_the_evaluation_depends_on_its_index_alone(photo: Pixels) -> None:
    assert np.array_equal(spoil_for_evaluation(photo, 2, 5), spoil_for_evaluation(photo, 2, 5))
    assert not np.array_equal(spoil_for_evaluation(photo, 2, 5), spoil_for_evaluation(photo, 2, 6))
