"""Drawn products for the catalogue's tests: photos on a grey floor, and a cutter that knows the floor's colour."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from engine.generation.cutouts import Cutout
from engine.images import Image as Pixels
from engine.training.catalogue.errors import UnfitError

FLOOR = (120, 121, 122)


def drawn(color: tuple[int, int, int], height: int = 160, width: int = 80, photo_px: int = 240) -> Pixels:
    """A photo of a rectangular product on the floor, with a pale belt so far down as it is red."""
    photo = np.full((photo_px, photo_px, 3), FLOOR, np.uint8)
    top, left = (photo_px - height) // 2, (photo_px - width) // 2
    photo[top : top + height, left : left + width] = color
    belt = top + 10 + color[0] * (height - 30) // 255
    photo[belt : belt + 8, left : left + width] = 240
    return photo


def save(path: Path, photo: Pixels, **options: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(photo).save(path, **options)


class FloorCutter:
    """Takes for the product whatever is not of the floor's colour."""

    def __init__(self) -> None:
        self.asked = 0

    def cut(self, photo: Pixels) -> Cutout:
        self.asked += 1
        far = np.abs(photo.astype(int) - FLOOR).max(axis=2) > 20
        if not far.any():
            raise UnfitError("no-product", "nothing but floor")
        return Cutout(photo, np.asarray(far * 255, np.uint8), 0.98)


class NoFaces:
    def require_none(self, photo: Pixels) -> None:
        assert photo.ndim == 3
