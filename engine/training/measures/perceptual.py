"""Distances that come closer to what an eye minds than PSNR does, and need no trained network. Lower is better."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.training.data import Pixels

GMSD_C = 170.0  # the paper's constant for levels 0..255
PATCH_PX = 7
PROJECTIONS = 64

Hole = NDArray[np.bool_]


def gradient_deviation(output: Pixels, truth: Pixels, hole: Hole) -> float:
    """Return the gradient magnitude similarity deviation of two uint8 images [H,W,3], over the hole [H,W] alone.

    GMSD: Xue et al. 2014, "Gradient Magnitude Similarity Deviation", equations 1 to 5, with its halving of the picture
    beforehand. Over a hole the deviation is taken from 1, perfect similarity, not from the hole's own mean: a fill that
    is wrong everywhere alike must not count as good.
    """
    first, second = (_halved(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)) for image in (output, truth))
    inside = _halved(hole.astype(np.float32)) > 0
    slopes = _slope(first), _slope(second)
    similarity = (2 * slopes[0] * slopes[1] + GMSD_C) / (slopes[0] ** 2 + slopes[1] ** 2 + GMSD_C)
    return float(np.sqrt(((1 - similarity[inside]) ** 2).mean()))


def texture_distance(output: Pixels, truth: Pixels, hole: Hole) -> float:
    """Return how far apart the small patches of two uint8 images [H,W,3] are as a population, inside the hole [H,W].

    Sliced Wasserstein distance of the 7 × 7 patches that touch the hole (Rabin et al. 2012, "Wasserstein Barycenter and
    its Application to Texture Mixing"), over fixed random projections, in 8-bit levels. Where a thread lies does not
    count, only that there are threads like it: a smooth fill in a fabric is far, a shifted fabric near.
    """
    touched = cv2.dilate(hole.astype(np.uint8), np.ones((PATCH_PX, PATCH_PX), np.uint8)) > 0
    margin = PATCH_PX // 2
    rows, columns = np.nonzero(touched[margin:-margin, margin:-margin])
    directions = np.random.default_rng(0).normal(size=(3 * PATCH_PX**2, PROJECTIONS)).astype(np.float32)
    directions /= np.linalg.norm(directions, axis=0)
    shadows = [np.sort(_patches(image, rows, columns) @ directions, axis=0) for image in (output, truth)]
    return float(np.abs(shadows[0] - shadows[1]).mean())


def _patches(image: Pixels, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.float32]:
    """The patches at the given corners, their mean taken away: colour is PSNR's to judge."""
    windows = np.lib.stride_tricks.sliding_window_view(image, (PATCH_PX, PATCH_PX), axis=(0, 1))
    patches = windows[rows, columns].reshape(len(rows), 3, -1).astype(np.float32)
    return (patches - patches.mean(axis=2, keepdims=True)).reshape(len(rows), -1)


def _slope(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    prewitt = np.array([[1, 0, -1]] * 3, np.float32) / 3
    return np.hypot(cv2.filter2D(grey, -1, prewitt), cv2.filter2D(grey, -1, prewitt.T))


def _halved(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = plane.shape
    even = np.pad(plane, ((0, height % 2), (0, width % 2)), mode="edge")
    return np.asarray(cv2.resize(even, (even.shape[1] // 2, even.shape[0] // 2), interpolation=cv2.INTER_AREA))
