"""What a cut-out product shows, whatever the size of the photo: its colours, its pattern and its shape."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from engine.generation.attributes import Attributes, Color
from engine.generation.cutouts import Cutout
from engine.generation.dominant import dominant_colors
from engine.generation.patterns import LONG_STEP_PX, SEEN_PX, STEP_PX, pattern_of
from engine.generation.placing import Centred, placed
from engine.images import Image

_OPAQUE = 0.99


@dataclass(frozen=True)
class Shown:
    """The colours of a product, the main one first, its pattern, and the height of its box by the width."""

    colors: tuple[Color, ...]
    pattern: str
    aspect: float

    def attributes(self, category: str | None) -> Attributes:
        """Return the same as attributes of a product of a category; None where that is not known."""
        return Attributes(category, self.colors, self.pattern, self.aspect)


def describe(cutout: Cutout, *, briefly: bool = False) -> Shown:
    """Return what is measured of a product, looked at in a square of `SEEN_PX`.

    ``briefly`` takes less time: the pattern is told from fewer places, which hardly ever matters.
    Raises ValueError where nothing of it is to be seen.
    """
    seen = placed(cutout, SEEN_PX)
    pattern = pattern_of(seen, LONG_STEP_PX if briefly else STEP_PX)
    return Shown(dominant_colors(_opaque_pixels(seen), pattern == "plain"), pattern, seen.aspect)


def _opaque_pixels(seen: Centred) -> Image:
    """The pixels [N,3] that are all product, their rim left out; of a thin product those that are most so."""
    opaque = cv2.erode(np.asarray(seen.matte > _OPAQUE, np.uint8), np.ones((3, 3), np.uint8)) > 0
    if not opaque.any():
        opaque = seen.matte >= seen.matte.max()
    return np.asarray(seen.image[opaque], np.uint8)
