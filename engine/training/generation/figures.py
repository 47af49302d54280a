"""The figures of a generator: what a classifier sees in its pictures, and whether they show what was asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.generation.attributes import PATTERNS
from engine.generation.condition import PATTERN_AT, colors_of
from engine.generation.dominant import dominant_colors
from engine.generation.scoring import product_mask
from engine.generation.showing import shown_in
from engine.models.classifier import Classifier
from engine.quality.metrics import delta_e2000, psnr, srgb_to_lab, ssim
from engine.training.data import Pixels, evenly
from engine.training.generation import distances
from engine.training.generation.items import Item
from engine.training.generation.pictures import (
    AT_ONCE,
    Seen,
    as_images,
    categories_of,
    conditions_of,
    device_of,
    features_of,
    look,
    make,
    pictures_of,
)

COLORS_MEASURED = 200  # pictures: naming a picture's colours takes longer than making it
PATTERNS_MEASURED = 40  # pictures of each pattern
LEAST_PRODUCT = 16  # pixels
NEAREST_SHARE = 0.05  # of the pictures, those nearest to a photo: that many copies show
FIGURES = {
    "frechet": "Fréchet distance ↓",
    "kernel": "kernel distance ↓",
    "precision": "precision ↑",
    "recall": "recall ↑",
    "classes": "class score ↑",
    "diversity": "diversity, of real's",
    "color": "colour, ΔE2000 ↓",
    "category": "category seen ↑",
    "pattern": "pattern seen ↑",
    "nearest": f"nearest photo, {NEAREST_SHARE:.0%}",
    "psnr_db": "PSNR, dB ↑",
    "ssim": "SSIM ↑",
}
"""The figures' names and what a table calls them; the arrow says which way is better.

The distance to the nearest photo has none: photos that were held out say how far new products lie, and a generator
whose pictures lie well below that copies.
"""
STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)
"""Student's 97.5 % quantiles for 1 to 9 degrees of freedom."""


@dataclass(frozen=True)
class Interval:
    """A mean, and how far from it the true one lies with a probability of 95 % at most; None for a single figure."""

    mean: float
    half: float | None


class Ruler:
    """Measures pictures against some of a catalogue's real ones, by what the teacher sees.

    How near they come to a photo is measured against all that were trained on, as any of them may be copied.
    """

    def __init__(self, teacher: Classifier, real: list[Item], trained_on: list[Item]) -> None:
        self.teacher = teacher
        self.items = real
        self.trained_on = features_of(teacher, trained_on)
        self.real = look(teacher, pictures_of(real))
        self.diversity = distances.diversity(self.real.features, categories_of(real))

    def draws(self, generator: nn.Module, seeds: int) -> list[dict[str, float]]:
        """Return the figures of one picture for each real one's condition, from each of ``seeds`` seeds.

        They begin with 1: seed 0 chose the best step while the generator learned.
        """
        asked = conditions_of(self.items)
        return [self.figures(make(generator, asked, seed), self.items) for seed in range(1, seeds + 1)]

    def figures(self, pictures: Tensor, asked: list[Item]) -> dict[str, float]:
        """Return the figures of pictures [N,3,S,S] that were to show what the items do."""
        seen = look(self.teacher, pictures)
        first, second = self.real.features, seen.features
        precision, recall = distances.precision_and_recall(first, second)
        return {
            "frechet": distances.frechet_distance(first, second),
            "kernel": distances.kernel_distance(first, second),
            "precision": precision,
            "recall": recall,
            "classes": distances.score_of_classes(seen.probabilities),
            "diversity": distances.diversity(second, categories_of(asked)) / self.diversity,
            "color": color_error(pictures, asked),
            "category": category_accuracy(seen, asked),
            "pattern": pattern_accuracy(pictures, asked),
            "nearest": self.nearest(second),
        }

    def nearest(self, features: NDArray[np.float64]) -> float:
        """Return the distance within which `NEAREST_SHARE` of pictures, by features [N,F], have a trained photo."""
        apart = distances.to_nearest(features, self.trained_on)
        return float(np.quantile(apart, NEAREST_SHARE, method="inverted_cdf"))


def reconstruction(network: nn.Module, items: list[Item]) -> dict[str, float]:
    """Return how well an encoder and a generator give the items' pictures back: mean PSNR and SSIM, white included."""
    again = as_images(reconstructed(network, items))
    pairs = list(zip([item.picture for item in items], again, strict=True))
    return {
        "psnr_db": float(np.mean([psnr(*pair) for pair in pairs])),
        "ssim": float(np.mean([ssim(*pair) for pair in pairs])),
    }


def reconstructed(network: nn.Module, items: list[Item]) -> Tensor:
    """Return the items' pictures as they come back from their likeliest latents, [N,3,S,S]."""
    again, place = [], device_of(network)
    with torch.no_grad():
        for start in range(0, len(items), AT_ONCE):
            part = items[start : start + AT_ONCE]
            told = conditions_of(part).to(place)
            mean, _ = network.encoder(pictures_of(part).to(place))
            again.append(network.decoder(torch.cat([mean, told], dim=1)).cpu())
    return torch.cat(again)


def color_error(pictures: Tensor, asked: list[Item]) -> float:
    """Return the mean ΔE2000 between the main colour that was asked for and the one that a picture has."""
    chosen = evenly(list(range(len(asked))), COLORS_MEASURED)
    wanted = np.array([colors_of(asked[index].condition)[0] for index in chosen], np.float64)
    got = np.array([main_color(as_images(pictures[index][None])[0], _is_plain(asked[index])) for index in chosen])
    return float(delta_e2000(wanted, got).mean())


def main_color(picture: Pixels, plain: bool) -> NDArray[np.float64]:
    """Return L*, a*, b* of a product's main colour, uint8 [S,S,3] on white; white where there is next to no product."""
    product = picture[product_mask(picture)]
    if len(product) < LEAST_PRODUCT:
        return srgb_to_lab(np.full(3, 255, np.uint8))
    return srgb_to_lab(np.array(dominant_colors(product, plain)[0].srgb, np.uint8))


def category_accuracy(seen: Seen, asked: list[Item]) -> float:
    """Return the share of pictures that the classifier takes for the category that was asked for."""
    return float(np.mean(seen.probabilities.argmax(axis=1) == categories_of(asked)))


def pattern_accuracy(pictures: Tensor, asked: list[Item]) -> float:
    """Return the share of pictures that look as patterned as was asked, the mean over the patterns that were."""
    patterns = [PATTERNS[int(item.condition[PATTERN_AT : PATTERN_AT + len(PATTERNS)].argmax())] for item in asked]
    shares = []
    for pattern in sorted(set(patterns)):
        chosen = evenly([k for k, each in enumerate(patterns) if each == pattern], PATTERNS_MEASURED)
        seen = [shown_in(picture, None).pattern for picture in as_images(pictures[chosen])]
        shares.append(float(np.mean([each == pattern for each in seen])))
    return float(np.mean(shares))


def interval(values: Sequence[float]) -> Interval:
    """Return the mean of 1 to 10 independent values and its 95 % interval (Student's)."""
    if len(values) == 1:
        return Interval(float(values[0]), None)
    spread = float(np.std(values, ddof=1)) / len(values) ** 0.5
    return Interval(float(np.mean(values)), STUDENT[len(values) - 2] * spread)


def _is_plain(item: Item) -> bool:
    return bool(item.condition[PATTERN_AT + PATTERNS.index("plain")] > 0)
