"""Coarse mattes to sharpen: a true alpha as a frame network would have seen and enlarged it, faults included."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
ENLARGED = (1.4, 4.0)


def coarse_matte(alpha: Plane, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return ``alpha`` [H,W] shrunk 1.4 to 4 times, spoiled, quantised and enlarged back, uint8 [H,W]."""
    height, width = alpha.shape
    factor = float(np.exp(rng.uniform(*np.log(ENLARGED))))
    size = (max(4, round(width / factor)), max(4, round(height / factor)))
    small = np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), np.float32)
    small = small if rng.random() < 0.08 else _spoil(small, rng)
    return enlarge(small, (height, width))


def enlarge(matte: Plane, shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a matte in 0..1 as uint8 codes [H,W] of ``shape``, enlarged as the engine's callers do (bilinear)."""
    codes = np.asarray(np.rint(np.clip(matte, 0, 1) * 255), np.uint8)
    return np.asarray(cv2.resize(codes, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR), np.uint8)


def _spoil(small: Plane, rng: np.random.Generator) -> Plane:
    draw = rng.random(5)
    if draw[0] < 0.3:  # holes closed and straps lost
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3) if rng.random() < 0.5 else (5, 5))
        small = cv2.morphologyEx(small, cv2.MORPH_CLOSE if draw[0] < 0.22 else cv2.MORPH_OPEN, kernel)
    if draw[1] < 0.3:
        grown = cv2.dilate(small, np.ones((3, 3))) if rng.random() < 0.5 else cv2.erode(small, np.ones((3, 3)))
        small = small + float(rng.uniform(0.2, 1.0)) * (grown - small)
    if draw[2] < 0.6:
        x, y = rng.normal(0, 0.4, 2)
        small = cv2.warpAffine(
            small, np.array([[1, 0, x], [0, 1, y]], np.float32), small.shape[::-1], borderMode=cv2.BORDER_REPLICATE
        )
    soft = cv2.GaussianBlur(small, (0, 0), float(rng.uniform(0.4, 1.8)))
    if draw[3] < 0.7:  # an edge that wavers: the threshold moves from place to place
        grain = cv2.GaussianBlur(rng.standard_normal(soft.shape).astype(np.float32), (0, 0), float(rng.uniform(1, 4)))
        soft = soft + float(rng.uniform(0.05, 0.3)) * grain / (grain.std() + 1e-6) * 4 * soft * (1 - soft)
    if draw[4] < 0.4:
        soft = (soft - 0.5) * float(rng.uniform(1.0, 2.5)) + 0.5
    return _lose_patches(np.asarray(np.clip(soft, 0, 1), np.float32), rng)


def _lose_patches(matte: Plane, rng: np.random.Generator) -> Plane:
    """Make a few places doubtful, as a network is where product and background look alike."""
    if rng.random() > 0.3:
        return matte
    doubt = np.zeros(matte.shape, np.float32)
    for _ in range(int(rng.integers(1, 4))):
        place = (rng.random(2) * np.array(matte.shape[::-1])).astype(int).tolist()
        cv2.circle(doubt, place, int(rng.uniform(1, 5)), float(rng.uniform(0.2, 0.8)), -1)
    doubt = cv2.GaussianBlur(doubt, (0, 0), 1.2)
    return np.asarray(matte + doubt * (float(rng.uniform(0.2, 0.8)) - matte), np.float32)
