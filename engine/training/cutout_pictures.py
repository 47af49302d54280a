"""What the cutout networks learn from, decoded once and kept small: photos with masks, cut-outs, places, textures."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.training import data as pictures
from engine.training.cutout_masks import Masked, clean_mask, confident_photos
from engine.training.cutout_mattes import Cutout, load_matte, matte_paths
from engine.training.data import DataUse, Pixels

STORED_PX = 288
PLACE_PX = 160
SHELF_PX = 224
TEXTURE_PX = 96
LONGEST_MATTE_PX = 560
LEAST_PLACE = 0.22  # of the photo's height or width


@dataclass
class Stock:
    """Everything to draw training examples from."""

    photos: list[Masked] = field(default_factory=list)
    mattes: list[Cutout] = field(default_factory=list)
    places: list[Pixels] = field(default_factory=list)
    shelves: list[Pixels] = field(default_factory=list)
    textures: list[Pixels] = field(default_factory=list)

    def add_photo(self, masked: Masked) -> None:
        """Keep a photo with its mask, what of it shows no product, and a piece of its cloth."""
        self.photos.append(Masked(_squeezed(masked.image, STORED_PX), _squeezed(masked.mask, STORED_PX)))
        self.places.extend(_squeezed(part, PLACE_PX) for part in empty_parts(masked))
        cloth = inner_square(masked)
        if cloth is not None:
            self.textures.append(_squeezed(cloth, TEXTURE_PX))


def load_stock(data: Path, limit: int | None = None) -> tuple[Stock, list[Masked], list[DataUse]]:
    """Return (what to train on, validation photos with cleaned masks, what was used)."""
    stock = Stock()
    for path in confident_photos(data, "train")[:limit]:
        masked = read_masked(data, path)
        if masked is not None:
            stock.add_photo(masked)
    stock.mattes = [load_matte(path, LONGEST_MATTE_PX) for path in matte_paths(data, held_out=False)[:limit]]
    stock.shelves = [_squeezed(pictures.load_rgb(path), SHELF_PX) for path in training_groceries(data)[:limit]]
    uses = [
        DataUse(
            "clothing dataset (small)", "CC0 1.0", "train", len(stock.photos),
            "photos with cleaned pseudo-masks; their products over other backgrounds; their floors and walls",
        ),
        DataUse("product mattes", "BSD-3-Clause", "40 of 57", len(stock.mattes), "true alpha over any background"),
        DataUse("Grocery Store", "MIT", "every second", len(stock.shelves), "backgrounds"),
    ]  # fmt: skip
    validation = [read_masked(data, path) for path in confident_photos(data, "val")[:limit]]
    return stock, [_stored(masked) for masked in validation if masked is not None], uses


def training_groceries(data: Path) -> list[Path]:
    """Return every second grocery photo: backgrounds to train with."""
    return pictures.grocery_photos(data)[::2]


def held_out_groceries(data: Path) -> list[Path]:
    """Return the other grocery photos: backgrounds to measure with."""
    return pictures.grocery_photos(data)[1::2]


def read_masked(data: Path, path: Path) -> Masked | None:
    """Return a clothing photo with its cleaned mask at full size, or None when the photo contradicts the mask."""
    image = pictures.load_rgb(path)
    mask = clean_mask(image, pictures.clothing_mask(data, path))
    return None if mask is None else Masked(image, np.asarray(np.rint(mask * 255), np.uint8))


def empty_parts(masked: Masked) -> list[Pixels]:
    """Return the strips above, below, left and right of the product that are broad enough to be a background."""
    rows = np.flatnonzero((masked.mask > 12).any(axis=1))
    columns = np.flatnonzero((masked.mask > 12).any(axis=0))
    height, width = masked.mask.shape
    image, apart = masked.image, 6
    strips = [
        image[: max(0, rows[0] - apart)],
        image[rows[-1] + apart :],
        image[:, : max(0, columns[0] - apart)],
        image[:, columns[-1] + apart :],
    ]
    return [s for s in strips if s.shape[0] >= LEAST_PLACE * height and s.shape[1] >= LEAST_PLACE * width]


def inner_square(masked: Masked) -> Pixels | None:
    """Return the largest square that lies wholly inside the product, or None when it is small."""
    inside = np.asarray(np.pad(masked.mask > 230, 1), np.uint8)
    distance = cv2.distanceTransform(inside, cv2.DIST_C, 3)[1:-1, 1:-1]
    reach = int(distance.max()) - 2
    if reach < TEXTURE_PX // 4:
        return None
    y, x = np.unravel_index(int(distance.argmax()), distance.shape)
    return masked.image[y - reach : y + reach, x - reach : x + reach]


def cutout_of(masked: Masked) -> Cutout:
    """Return a clothing product as a cut-out; its soft edge is drawn in, since the photo's floor shines through it."""
    mask = masked.mask.astype(np.float32) / 255.0
    return Cutout(masked.image, np.clip((mask - 0.5) * 2.0, 0.0, 1.0))


def _stored(masked: Masked) -> Masked:
    return Masked(_squeezed(masked.image, STORED_PX), _squeezed(masked.mask, STORED_PX))


def _squeezed(image: NDArray[np.uint8], size_px: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(image, (size_px, size_px), interpolation=cv2.INTER_AREA), np.uint8)
