"""A product's reflection in a polished floor: each column turned over where the floor meets it, fading downwards."""

from dataclasses import dataclass

import cv2
import numpy as np

from engine.images import Floats, Image
from engine.pixels.casting import floor_line, lowest_points

_DEPTH = 0.4  # of the product's height: how far down it can be seen
_STRONGEST = 0.55  # opacity at the floor for a reflection of 1
_BORDER = 0.02  # of the frame's height: it ends as far above the bottom


@dataclass(frozen=True)
class Mirror:
    """Where the floor meets the product, in rows of the frame for each of its columns; how far down it reflects."""

    floor: Floats  # [W]
    depth: float
    strength: float

    @classmethod
    def under(cls, matte: Floats, size: tuple[int, int], strength: float) -> "Mirror | None":
        """The mirror under a product of a frame of (width, height) `size`; `matte` [h,w] in 0..1 may be smaller.

        None where there is no product, or no room below it.
        """
        profile = lowest_points(matte)
        if profile is None or strength <= 0:
            return None
        columns, lowest = profile
        scale = size[1] / matte.shape[0]
        small = floor_line(columns, lowest, matte.shape[1]).astype(np.float32)[None] * np.float32(scale)
        floor = cv2.resize(small, (size[0], 1), interpolation=cv2.INTER_LINEAR)[0]
        top = float(np.flatnonzero((matte > 0.5).any(axis=1))[0]) * scale
        room = size[1] * (1 - _BORDER) - float(lowest.max()) * scale
        depth = min(_DEPTH * (float(lowest.max()) * scale - top), room)
        return cls(np.asarray(floor, np.float32), depth, strength) if depth >= 1 else None

    @property
    def first_row(self) -> int:
        """Above it nothing is reflected."""
        return max(0, int(self.floor.min()))

    def reflected(self, product: Image, rows: slice) -> tuple[Image, Floats]:
        """Return, of `rows`, colours [h,W,3] and opacity [h,W] in 0..1 of the reflection of uint8 RGBA [H,W,4]."""
        y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] + np.float32(0.5)
        below = y - self.floor[None]
        x = np.broadcast_to(np.arange(product.shape[1], dtype=np.float32)[None], below.shape)
        source = np.asarray(self.floor[None] - below - np.float32(0.5), np.float32)
        seen = cv2.remap(product, np.ascontiguousarray(x), source, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        left = np.clip(1 - below / np.float32(self.depth), 0, 1)
        fade = np.float32(_STRONGEST * self.strength) * left * left * (below > 0)
        return seen[..., :3], np.asarray(seen[..., 3].astype(np.float32) / np.float32(255) * fade, np.float32)
