"""A smooth first guess for what is missing, from which the network starts: colours flow in from the hole's edge."""

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.images import Floats, Image
from engine.pixels.halving import halve

KNOWN, HINTED, UNKNOWN = 0, 128, 255
"""Codes of a frame's fourth channel: as photographed; a coarser fill to refine; nothing known, only diffused."""

_SMOOTHINGS = 3


def masked_frame(rgb: Image, codes: NDArray[np.uint8]) -> Image:
    """Return the network's input, uint8 [H,W,4]: `rgb` [H,W,3] with its UNKNOWN pixels diffused, and `codes` [H,W].

    What stands in UNKNOWN pixels of `rgb` has no influence. Where all is unknown the guess is middle grey.
    """
    unknown = codes == UNKNOWN
    guess = rgb if not unknown.any() else np.floor(diffuse(rgb.astype(np.float32), unknown) + 0.5).astype(np.uint8)
    return np.dstack((guess, codes))


def diffuse(values: Floats, unknown: NDArray[np.bool_]) -> Floats:
    """Fill the `unknown` pixels [H,W] of values [H,W,3] (8-bit levels) smoothly from the others, which stay.

    Pull-push (Gortler et al. 1996, "The Lumigraph", section 3.4): known values are averaged into ever coarser grids
    until every cell has one, then handed down again. On every grid a few 3 × 3 means over the unknown pixels follow,
    so that the result comes close to the harmonic one and shows no cells.
    """
    known: Floats = (~unknown).astype(np.float32)
    if not known.any():
        return np.full_like(values, 128.0)
    return _pull_push(values, known)


def _pull_push(values: Floats, known: Floats) -> Floats:
    """Fill where `known` [H,W] is 0; there the given values have no influence."""
    if known.all():
        return values
    height, width = known.shape
    coarse_sum, coarse_known = (halve(part) for part in (values * known[..., None], known))
    coarse = np.asarray(coarse_sum / np.maximum(coarse_known, 1e-6)[..., None], np.float32)
    coarse = _pull_push(coarse, (coarse_known > 0).astype(np.float32))
    filled = cv2.resize(coarse, (2 * coarse.shape[1], 2 * coarse.shape[0]), interpolation=cv2.INTER_LINEAR)
    filled = filled[:height, :width]
    hole = known[..., None] == 0
    filled = np.where(hole, filled, values)
    for _ in range(_SMOOTHINGS):
        filled = np.where(hole, cv2.blur(filled, (3, 3), borderType=cv2.BORDER_REPLICATE), values)
    return np.asarray(filled, np.float32)
