"""The baseline BM3D."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine.quality.metrics import psnr
from engine.training.bm3d import bm3d

pytestmark = pytest.mark.train


def test_white_noise_goes_and_edges_stay() -> None:
    coarse = np.random.default_rng(0).integers(40, 216, (6, 6, 3)).astype(np.uint8)
    truth = np.asarray(cv2.resize(coarse, (60, 54), interpolation=cv2.INTER_NEAREST), np.uint8)
    noise = np.random.default_rng(1).normal(0, 12, truth.shape)
    noisy = np.clip(np.round(truth + noise), 0, 255).astype(np.uint8)
    assert psnr(bm3d(noisy, 12), truth) > psnr(noisy, truth) + 6


def test_an_even_picture_stays_as_it_is() -> None:
    even = np.full((20, 33, 3), (200, 90, 17), np.uint8)
    assert np.array_equal(bm3d(even, 10), even)
