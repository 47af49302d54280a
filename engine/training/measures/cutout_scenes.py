"""The fixed scenes that cutting out is measured on: masked test photos, held-out mattes over unseen backgrounds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from engine.training import data as pictures
from engine.training.cutout_masks import Masked, confident_photos
from engine.training.cutout_mattes import Cutout, load_matte, matte_paths, shrink_cutout
from engine.training.cutout_pictures import empty_parts, held_out_groceries, read_masked
from engine.training.cutout_scenes import Scene
from engine.training.data import Pixels, evenly
from engine.training.linear import jpeg_round_trip

SEED = 20261121
HEIGHT_PX, WIDTH_PX = 533, 400
GROUNDS = 3  # backgrounds of each kind for each matte
LEAST_GROUND_PX = 110


def test_photos(data: Path, limit: int | None) -> Iterator[Masked]:
    """Yield the test photos whose masks are sure, with the masks cleaned; no network has a say in which and how."""
    for path in evenly(confident_photos(data, "test"), limit):
        masked = read_masked(data, path)
        if masked is not None:
            yield masked


def held_out_scenes(data: Path, grounds: list[Pixels], limit: int | None) -> Iterator[Scene]:
    """Yield composites [533,400] of each held-out matte over `GROUNDS` of the backgrounds.

    The product is 55 to 90 % of the frame's width long, turned by up to 20°, every second time with the shadow that
    came with it; then the picture goes through JPEG of quality 85. Depends on the data and `SEED` only.
    """
    for index, path in enumerate(evenly(matte_paths(data, held_out=True), limit)):
        matte = load_matte(path)
        for turn in range(GROUNDS):
            rng = np.random.default_rng([SEED, index, turn])
            ground = grounds[int(rng.integers(len(grounds)))]
            yield _composite(matte, ground, rng, shaded=(index + turn) % 2 == 0)


def floors(data: Path) -> list[Pixels]:
    """Return backgrounds [533,400,3]: what test photos show beside the product, continued by reflection."""
    grounds = []
    for path in confident_photos(data, "test"):
        masked = Masked(pictures.load_rgb(path), np.asarray(pictures.clothing_mask(data, path) * 255, np.uint8))
        parts = [part for part in empty_parts(masked) if min(part.shape[:2]) >= LEAST_GROUND_PX]
        if parts:
            grounds.append(_continued(max(parts, key=lambda part: min(part.shape[:2]))))
    return grounds


def shelves(data: Path) -> list[Pixels]:
    """Return backgrounds [533,400,3]: grocery photos that no cutout network was trained on (`held_out_groceries`)."""
    return [_filled(pictures.load_rgb(path)) for path in held_out_groceries(data)[::3]]


def _filled(photo: Pixels) -> Pixels:
    """Return the middle of a photo, enlarged to fill the frame."""
    height, width = photo.shape[:2]
    scale = max(HEIGHT_PX / height, WIDTH_PX / width)
    large = cv2.resize(photo, (max(WIDTH_PX, round(width * scale)), max(HEIGHT_PX, round(height * scale))))
    top, left = (large.shape[0] - HEIGHT_PX) // 2, (large.shape[1] - WIDTH_PX) // 2
    return np.ascontiguousarray(large[top : top + HEIGHT_PX, left : left + WIDTH_PX], np.uint8)


def _continued(part: Pixels) -> Pixels:
    height, width = part.shape[:2]
    padding = ((0, max(0, HEIGHT_PX - height)), (0, max(0, WIDTH_PX - width)), (0, 0))
    return np.ascontiguousarray(np.pad(part, padding, mode="reflect")[:HEIGHT_PX, :WIDTH_PX])


def _composite(matte: Cutout, ground: Pixels, rng: np.random.Generator, shaded: bool) -> Scene:
    extent = float(rng.uniform(0.55, 0.9)) * WIDTH_PX
    small = shrink_cutout(matte, round(extent))
    angle = float(rng.uniform(-20, 20))
    height, width = small.alpha.shape
    affine = cv2.getRotationMatrix2D((width / 2, height / 2), angle, extent / max(height, width))
    middle = np.array([WIDTH_PX, HEIGHT_PX]) / 2 + rng.uniform(-0.06, 0.06, 2) * np.array([WIDTH_PX, HEIGHT_PX])
    affine[:, 2] += middle - np.array([width / 2, height / 2])
    size = (WIDTH_PX, HEIGHT_PX)
    assert small.veil is not None
    alpha = np.asarray(cv2.warpAffine(small.alpha, affine, size), np.float32)
    veil = np.asarray(cv2.warpAffine(small.veil, affine, size), np.float32) if shaded else alpha
    colours = cv2.warpAffine(small.image, affine, size, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    image = np.asarray(np.rint(ground + veil[..., None] * (colours - ground)), np.uint8)
    return Scene(jpeg_round_trip(image, 85), alpha)
