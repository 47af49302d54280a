"""Drawn products for the tests of generation: discs and bars on white, and squares of cloth."""

from __future__ import annotations

import cv2
import numpy as np

from engine.generation.placing import Centred
from engine.images import Image

RED = (180, 40, 40)


def disc(radius: int = 40, color: tuple[int, int, int] = RED, centre: tuple[int, int] = (64, 64)) -> Image:
    """A disc in a picture of 128 × 128."""
    image = np.full((128, 128, 3), 255, np.uint8)
    cv2.circle(image, centre, radius, color, -1)
    return image


def bars(count: int, color: tuple[int, int, int] = RED) -> Image:
    """So many upright bars in a picture of 128 × 128."""
    image = np.full((128, 128, 3), 255, np.uint8)
    for left in np.linspace(14, 114, 2 * count)[::2].astype(int):
        image[14:114, left : left + 60 // count] = color
    return image


def blurred(picture: Image, sigma_px: float) -> Image:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma_px, borderType=cv2.BORDER_REPLICATE), np.uint8)


def swatch(pixels: Image) -> Centred:
    """A square product of these pixels, in a white square."""
    image = np.full((256, 256, 3), 255, np.uint8)
    matte = np.zeros((256, 256), np.float32)
    image[13:243, 13:243] = pixels[:230, :230]
    matte[13:243, 13:243] = 1
    return Centred(image, matte, 1.0)
