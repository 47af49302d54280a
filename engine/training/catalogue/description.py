"""What a cut-out product shows, whatever the size of the data set's pictures: its colours and its pattern."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from engine.generation.attributes import Color
from engine.images import Image
from engine.training.catalogue.centring import Centred, placed
from engine.training.catalogue.cutting import Cutout
from engine.training.catalogue.dominant import dominant_colors
from engine.training.catalogue.patterns import SEEN_PX, pattern_of

_OPAQUE = 0.99


@dataclass(frozen=True)
class Shown:
    """The colours of a product, the main one first, and its pattern."""

    colors: tuple[Color, ...]
    pattern: str


def describe(cutout: Cutout) -> Shown:
    """Return the colours and the pattern of a product, looked at in a square of `SEEN_PX`."""
    seen = placed(cutout, SEEN_PX)
    pattern = pattern_of(seen)
    return Shown(dominant_colors(_opaque_pixels(seen), pattern == "plain"), pattern)


def _opaque_pixels(seen: Centred) -> Image:
    """The pixels [N,3] that are all product, their rim left out; of a thin product those that are most so."""
    opaque = cv2.erode(np.asarray(seen.matte > _OPAQUE, np.uint8), np.ones((3, 3), np.uint8)) > 0
    if not opaque.any():
        opaque = seen.matte >= seen.matte.max()
    return np.asarray(seen.image[opaque], np.uint8)
