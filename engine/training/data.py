"""Pictures to learn from and to measure on: where they lie, how they are split, how patches are cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
Thing = TypeVar("Thing")


@dataclass(frozen=True)
class DataUse:
    """One data set as a model card names it."""

    name: str
    licence: str
    split: str
    images: int
    use: str

    def as_dict(self) -> dict[str, str | int]:
        """Return the fields in the card's order."""
        return asdict(self)


def clothing_photos(data: Path, split: str) -> list[Path]:
    """Return the clothing photos of ``split`` (train, val or test) in a fixed order.

    Raises FileNotFoundError when there are none.
    """
    return _found(data / "clothing" / "photos" / split, "*/*.jpg")


def grocery_photos(data: Path) -> list[Path]:
    """Return the grocery photos (all of them may be trained on) in a fixed order."""
    return _found(data / "grocery" / "photos", "*/*.jpg")


def matte_cutouts(data: Path) -> list[Path]:
    """Return the RGBA cut-outs in a fixed order."""
    return _found(data / "mattes" / "rgba", "*.webp")


def clothing_mask(data: Path, photo: Path) -> NDArray[np.float32]:
    """Return the soft product mask of a clothing photo, [H,W] float32 in 0..1."""
    relative = photo.relative_to(data / "clothing" / "photos").with_suffix(".png")
    with Image.open(data / "clothing" / "masks" / relative) as mask:
        return np.asarray(mask.convert("L"), np.float32) / 255.0


def load_rgb(path: Path) -> Pixels:
    """Return a picture as uint8 RGB [H,W,3]; an alpha channel is laid over middle grey."""
    with Image.open(path) as picture:
        if picture.mode != "RGBA":
            return np.asarray(picture.convert("RGB"))
        ground = Image.new("RGBA", picture.size, (128, 128, 128, 255))
        return np.asarray(Image.alpha_composite(ground, picture).convert("RGB"))


def shrink(image: Pixels, factor: float) -> Pixels:
    """Return the image made smaller by ``factor`` with an antialiased bicubic filter (PIL's, MATLAB's convention)."""
    height, width = image.shape[:2]
    size = (max(1, round(width / factor)), max(1, round(height / factor)))
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC))


def crop_to_multiple(image: Pixels, factor: int) -> Pixels:
    """Return the image without the last rows and columns that ``factor`` does not divide."""
    height, width = image.shape[:2]
    return np.ascontiguousarray(image[: height - height % factor, : width - width % factor])


def choose_window(image: Pixels, size_px: int, rng: np.random.Generator, tries: int = 3) -> tuple[int, int]:
    """Return (top, left) of the busiest of ``tries`` random windows; empty floors teach a network little."""
    best, best_activity = (0, 0), -1.0
    for _ in range(tries):
        top = int(rng.integers(0, image.shape[0] - size_px + 1))
        left = int(rng.integers(0, image.shape[1] - size_px + 1))
        green = image[top : top + size_px : 2, left : left + size_px : 2, 1].astype(np.int16)
        activity = float(np.abs(np.diff(green, axis=0)).mean() + np.abs(np.diff(green, axis=1)).mean())
        if activity > best_activity:
            best, best_activity = (top, left), activity
    return best


def turn(image: Pixels, way: int) -> Pixels:
    """Return one of the eight flips and quarter turns of an image [H,W,C], chosen by ``way`` in 0..7."""
    turned = np.rot90(image, way % 4)
    return turned[:, ::-1] if way >= 4 else turned


def as_batch(images: Sequence[Pixels]) -> NDArray[np.float32]:
    """Stack uint8 images [H,W,3] of one size into float32 [N,3,H,W] in 0..1."""
    stacked = np.stack(images).transpose(0, 3, 1, 2)
    return np.ascontiguousarray(stacked, np.float32) / np.float32(255.0)


def evenly(things: Sequence[Thing], count: int | None) -> list[Thing]:
    """Return ``count`` things spread evenly over the sequence, or all of them."""
    if count is None or count >= len(things):
        return list(things)
    return [things[index * len(things) // count] for index in range(count)]


def _found(folder: Path, pattern: str) -> list[Path]:
    paths = sorted(folder.glob(pattern))
    if not paths:
        raise FileNotFoundError(f"no pictures match {pattern} under {folder}")
    return paths
