"""Tells whether two pictures show the same product in the same way, by a perceptual hash."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.generation.scoring import product_mask
from engine.images import Image
from engine.quality.metrics import srgb_to_lab

MOST_DIFFERENT_BITS = 48
"""Of 256: one picture compressed, brightened, shifted or zoomed a little differs in up to 46 bits of itself, and the
two most alike of different clothes, in 66."""
MOST_DIFFERENT_COLOR = 12.0
"""Mean distance in Lab, over the product: a shop sells one shirt in five colours, and those are no duplicates."""
_SIDE_PX = 64
_CHANNELS = 3
_KEPT = 16  # the lowest frequencies along each axis


@dataclass(frozen=True)
class Fingerprint:
    """What of a picture is compared."""

    bits: NDArray[np.uint8]  # [256] of 0 and 1
    lab: NDArray[np.float32]  # [3], the mean colour of what is not white

    @classmethod
    def of(cls, image: Image) -> Fingerprint:
        """Return the fingerprint of a centred uint8 [H,W,3] picture.

        The DCT hash of Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions" (2010): the signs
        of the lowest frequencies of lightness against their median. We deviate in keeping 16 × 16 of them, not 8 × 8:
        centred on white, two T-shirts differ less than two photos do.
        """
        small = cv2.resize(image, (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA)
        lab = srgb_to_lab(small).astype(np.float32)
        lowest = cv2.dct(np.ascontiguousarray(lab[..., 0]))[:_KEPT, :_KEPT].ravel()
        product = lab[product_mask(small)]
        color = product.mean(axis=0) if len(product) else np.array([100, 0, 0], np.float32)
        return cls(np.asarray(lowest > np.median(lowest[1:]), np.uint8), np.asarray(color, np.float32))

    @classmethod
    def from_text(cls, text: str) -> Fingerprint:
        """Read what `text` wrote. Raises ValueError for anything else."""
        digits = _KEPT * _KEPT // 4
        if re.fullmatch(rf"[0-9a-f]{{{digits}}}( -?[0-9.]+){{{_CHANNELS}}}", text) is None:
            raise ValueError(f"a fingerprint is {digits} hexadecimal digits and three numbers, got {text!r}")
        bits, *lab = text.split()
        return cls(np.unpackbits(np.frombuffer(bytes.fromhex(bits), np.uint8)), np.array(lab, np.float32))

    @property
    def text(self) -> str:
        """The fingerprint as one line."""
        bits = np.packbits(self.bits).tobytes().hex()
        return " ".join((bits, *(f"{value:.1f}" for value in self.lab)))

    def likenesses(self, others: Sequence[Fingerprint]) -> list[tuple[int, int]]:
        """Return (place, bits that differ) of those of the others that show the same, the most alike first."""
        if not others:
            return []
        bits = (np.stack([other.bits for other in others]) != self.bits).sum(axis=1)
        away = np.linalg.norm(np.stack([other.lab for other in others]) - self.lab, axis=1)
        alike = np.flatnonzero((bits <= MOST_DIFFERENT_BITS) & (away <= MOST_DIFFERENT_COLOR))
        return [(int(place), int(bits[place])) for place in alike[np.argsort(bits[alike], kind="stable")]]
