"""Networks that paint: an ellipse as tall and as coloured as a condition says. The tests' stand-in for trained ones."""

from __future__ import annotations

import cv2
import numpy as np

from engine.generation.condition import ASPECT_AT, CONDITION_LENGTH, MOST_CATEGORIES, colors_of
from engine.generation.cutouts import Cutout
from engine.generation.latents import LATENT_LENGTH
from engine.generation.networks import SIDE_PX
from engine.generation.quantities import mean_lab, tallness
from engine.generation.scoring import presence, product_mask
from engine.images import Floats, Image


class Painter:
    """A latent's first place says how large, its second how blurred; some numbers are painted wrongly."""

    def __init__(self) -> None:
        self.made = 0

    def make(self, vectors: Floats) -> Image:
        self.made += len(vectors)
        return np.stack([_painted(vector) for vector in vectors])

    def encode(self, pictures: Image) -> Floats:
        return np.array([np.resize([presence(each), *(mean_lab(each) / 100)], LATENT_LENGTH) for each in pictures], "f")

    def judge(self, pictures: Image) -> Floats:
        answer = np.zeros((len(pictures), 1 + CONDITION_LENGTH), np.float32)
        answer[:, 0] = [presence(each) for each in pictures]
        answer[:, 1 + ASPECT_AT] = [tallness(each) for each in pictures]
        return answer

    def classify(self, pictures: Image) -> Floats:
        """Taller than wide is a dress, wider than tall are shoes, all else is a hat."""
        rows = []
        for each in pictures:
            tall = tallness(each)
            logits = np.full(MOST_CATEGORIES, 9.0)  # of categories that nobody has: not to be looked at
            logits[:3] = 10 * tall - 3, 0, -10 * tall - 3
            rows.append([*(mean_lab(each) / 50), presence(each), tall, 1.0, *logits])
        return np.array(rows, np.float32)


def _painted(vector: Floats) -> Image:
    latent, condition = vector[:LATENT_LENGTH], vector[LATENT_LENGTH:]
    aspect, size = float(np.exp(condition[ASPECT_AT])), float(np.clip(46 + 6 * latent[0], 12, 58))
    axes = (round(size * min(1, 1 / aspect)), round(size * min(1, aspect)))
    lab = colors_of(condition)[:1][None].astype(np.float32)
    red, green, blue = (float(value) for value in np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)[0, 0], 0, 1) * 255)
    picture = np.full((SIDE_PX, SIDE_PX, 3), 255, np.uint8)
    cv2.ellipse(picture, (64, 64), axes, 0, 0, 360, (red, green, blue), -1)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 5), np.uint8) if latent[1] > 1.5 else picture


def cut_out_of(picture: Image) -> Cutout:
    """A painted product as if it had been cut out of a photo."""
    return Cutout(picture, np.asarray(product_mask(picture) * 255, np.uint8), 0.98)


def painting(aspect: float, srgb: tuple[int, int, int], size: int = 50) -> Image:
    """An ellipse."""
    picture = np.full((SIDE_PX, SIDE_PX, 3), 255, np.uint8)
    axes = (round(size * min(1, 1 / aspect)), round(size * min(1, aspect)))
    cv2.ellipse(picture, (64, 64), axes, 0, 0, 360, srgb, -1)
    return picture
