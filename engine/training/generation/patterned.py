"""Stripes and checks woven into the pictures of plain products, as a catalogue has too few to learn them from."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.generation.attributes import PATTERNS
from engine.generation.color_names import COLORS
from engine.generation.condition import COLORS_AT, PATTERN_AT, colors_of, with_colors
from engine.generation.scoring import product_mask
from engine.images import Floats
from engine.quality.metrics import srgb_to_lab
from engine.training.data import Pixels

PERIODS_PX = (7.0, 20.0)
DUTIES = (0.25, 0.5)  # of a period that the second colour takes
UPRIGHT_SHARE = 0.3  # of stripes
CHECKED_SHARE = 0.35  # of woven products
LIGHTEST = 88.0  # L* of cloth that can be told from its white ground
LEAST_CONTRAST = 30.0  # of the two colours, in Lab
WAVE_PX = 2.0
PLAIN, STRIPED, CHECKED = (PATTERNS.index(name) for name in ("plain", "striped", "checked"))

_LABS = srgb_to_lab(np.array([color.srgb for color in COLORS], np.uint8))


def can_be_patterned(condition: Floats) -> bool:
    """Return whether a product of that condition is plain, and dark enough for its outline to be found."""
    return bool(condition[PATTERN_AT + PLAIN] == 1 and colors_of(condition)[0, 0] < LIGHTEST)


def patterned(picture: Pixels, condition: Floats, rng: np.random.Generator) -> tuple[Pixels, Floats]:
    """Return a plain product's picture [S,S,3] with stripes or checks in a second colour, and what tells of them.

    Folds and light stay, as the second colour is laid on as its distance from the first.
    """
    main = colors_of(condition)[0]
    apart = np.linalg.norm(_LABS - main, axis=1)
    second = _LABS[rng.choice(np.flatnonzero(apart >= LEAST_CONTRAST))]
    period, duty = rng.uniform(*PERIODS_PX), rng.uniform(*DUTIES)
    checked = rng.random() < CHECKED_SHARE
    woven = _woven(picture.shape[0], period, duty, checked, rng) * _cloth(picture)
    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB) + woven[..., None] * (second - main)
    changed = np.clip(cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_LAB2RGB), 0, 1)
    told = with_colors(condition, np.stack([main, second]).astype(np.float32))
    told[COLORS_AT + 6] = woven.sum() / max(1.0, float(_cloth(picture).sum()))
    told[PATTERN_AT : PATTERN_AT + len(PATTERNS)] = 0
    told[PATTERN_AT + (CHECKED if checked else STRIPED)] = 1
    return np.asarray(np.rint(changed * 255), np.uint8), told


def _woven(side: int, period: float, duty: float, checked: bool, rng: np.random.Generator) -> NDArray[np.float64]:
    """How much of the second colour lies where, [side,side] in 0..1: stripes across or upright, or both as checks."""
    down, across = np.mgrid[:side, :side].astype(np.float64)
    wave = WAVE_PX * np.sin(across / 35 + rng.uniform(0, 2 * np.pi))
    rows = _bands(down + wave + rng.uniform(0, period), period, duty)
    columns = _bands(across + rng.uniform(0, period), period, duty)
    if checked:
        return (rows + columns) / 2
    return columns if rng.random() < UPRIGHT_SHARE else rows


def _bands(along: NDArray[np.float64], period: float, duty: float) -> NDArray[np.float64]:
    """Bands of a share of each period, their edges one pixel wide."""
    return np.clip(duty * period / 2 + 0.5 - np.abs(along % period - period / 2), 0, 1)


def _cloth(picture: Pixels) -> NDArray[np.float64]:
    """Where the product lies, [S,S] in 0..1, its edge soft."""
    return np.asarray(cv2.blur(product_mask(picture).astype(np.float64), (3, 3)))
