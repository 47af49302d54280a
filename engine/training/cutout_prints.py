"""What is printed on products and of what parts they are made: all of it is the product, whatever its colour."""

from __future__ import annotations

import cv2
import numpy as np

from engine.training.cutout_mattes import Cutout
from engine.training.data import Pixels

LETTERS = list("ABCDEFGHKLMNORSTUVXYZ0123456789")


def dressed(cutout: Cutout, rng: np.random.Generator) -> Cutout:
    """Return the cut-out, often bleached, with a print, or with a part in another colour: a sole, a lid, a sleeve."""
    kind = rng.random()
    if kind > 0.6:
        return cutout
    image = _bleached(cutout.image, rng) if rng.random() < 0.4 else cutout.image.copy()
    if kind < 0.3:
        print_on(image, rng)
    elif kind < 0.52:
        _colour_part(image, rng)
    return Cutout(image, cutout.alpha, cutout.veil)


def print_on(image: Pixels, rng: np.random.Generator) -> None:
    """Draw words, labels and dots on an image [H,W,3], in place."""
    height, width = image.shape[:2]
    size = min(height, width)
    for _ in range(int(rng.integers(1, 5))):
        ink = rng.uniform(0, 255, 3).tolist()
        place = (rng.uniform(0.1, 0.8, 2) * (width, height)).astype(int)
        kind = rng.random()
        if kind < 0.4:
            word = "".join(rng.choice(LETTERS, int(rng.integers(2, 8))))
            scale, thickness = size / 128 * rng.uniform(0.4, 1.6), max(1, round(size / 128 * rng.uniform(1, 4)))
            cv2.putText(image, word, place.tolist(), int(rng.integers(0, 8)), scale, ink, thickness, cv2.LINE_AA)
        elif kind < 0.75:
            corner = place + (rng.uniform(0.08, 0.5, 2) * size).astype(int)
            cv2.rectangle(image, place.tolist(), corner.tolist(), ink, -1)
        else:
            cv2.circle(image, place.tolist(), int(rng.uniform(0.02, 0.2) * size), ink, int(rng.choice([-1, 2, 4])))


def _colour_part(image: Pixels, rng: np.random.Generator) -> None:
    """Give what lies on one side of a random line, or between two, another colour; its shading stays."""
    height, width = image.shape[:2]
    angle = rng.uniform(0, 2 * np.pi) if rng.random() < 0.5 else rng.choice([0.0, 0.5, 1.0, 1.5]) * np.pi
    y, x = np.ogrid[:height, :width]
    along = np.cos(angle) * (x / width - 0.5) + np.sin(angle) * (y / height - 0.5)
    start = rng.uniform(-0.2, 0.45)
    part = (along > start) & (along < start + rng.uniform(0.08, 0.6))
    light = image.mean(axis=2, keepdims=True) / 128.0 * rng.uniform(0.6, 1.3)
    share = rng.uniform(0.6, 1.0)
    colour = rng.uniform(10, 255, 3) if rng.random() < 0.6 else np.full(3, rng.choice([25.0, 120.0, 200.0, 250.0]))
    coloured = image * (1 - share) + colour * np.clip(light, 0.35, 1.6) * share
    image[part] = np.clip(coloured, 0, 255).astype(np.uint8)[part]


def _bleached(image: Pixels, rng: np.random.Generator) -> Pixels:
    """Return the image in greys, most often light ones: white shirts and soles are what floors look like, too."""
    grey = image.mean(axis=2, keepdims=True)
    middle = float(np.median(grey))
    level = rng.uniform(150, 250) if rng.random() < 0.75 else rng.uniform(20, 150)
    tint = 1 + rng.normal(0, 0.02, 3)
    return np.asarray(np.clip((level + (grey - middle) * rng.uniform(0.3, 0.8)) * tint, 0, 255), np.uint8)
