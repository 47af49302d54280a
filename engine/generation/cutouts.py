"""A product cut out of its photo: what catalogues are built of, and what is measured on a picture that was liked."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from engine.images import Image
from engine.pixels.closeup import Closeup
from engine.pixels.foreground import clear_colors, mean_surroundings

_SPECK = 0.02  # of the largest part: a pair's second shoe is larger


@dataclass(frozen=True)
class Cutout:
    """A product alone: its own colours, free of the old background along the edge, and its alpha."""

    colors: Image  # uint8 [H,W,3], of the part of the photo that holds the product
    alpha: Image  # uint8 [H,W]
    confidence: float  # the overlap with the true product, 0 to 1, that the network expects


def cut_out(photo: Image, alpha: Image, found: Closeup) -> Cutout:
    """Return the product that was found in a uint8 [H,W,3] photo; `alpha` [H,W] is what is kept of `found.alpha`."""
    part = found.rows, found.columns
    colors = clear_colors(photo[part], alpha[part], mean_surroundings(found.small, found.matte))
    return Cutout(colors, np.ascontiguousarray(alpha[part]), found.confidence)


def without_specks(alpha: Image) -> Image:
    """Clear the parts of a uint8 [H,W] alpha that stand apart and are small: they would widen the product's box."""
    count, labels, facts, _ = cv2.connectedComponentsWithStats(np.asarray(alpha > 0, np.uint8), connectivity=8)
    areas = facts[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    kept = areas >= _SPECK * areas.max()
    return np.where(kept[labels], alpha, 0).astype(np.uint8) if count > 1 else alpha
