"""Measures a generator while it learns, by what a classifier sees in its pictures and in real ones."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.generation.latents import LATENT_LENGTH
from engine.models.classifier import Classifier
from engine.training.data import as_batch
from engine.training.generation.distances import frechet_distance
from engine.training.generation.items import Item
from engine.training.run import Run

MEASURED = 600  # pictures, real and made
AT_ONCE = 32


class Judge:
    """Keeps what the teacher sees in real pictures, and asks for a picture of each of their conditions."""

    def __init__(self, teacher: Classifier, items: list[Item]) -> None:
        measured = evenly(items, MEASURED)
        self.teacher = teacher
        self.conditions = conditions_of(measured)
        self.real = features_of(teacher, pictures_of(measured))

    def validate(self, run: Run) -> None:
        """Record the Fréchet distance of the averaged generator's pictures, negated."""
        made = make(run.average.generator, self.conditions, seed=0)
        run.record("val_minus_frechet", -frechet_distance(self.real, features_of(self.teacher, made)))


def make(generator: nn.Module, conditions: Tensor, seed: int) -> Tensor:
    """Return a picture for each condition [N,CONDITION_LENGTH], [N,3,S,S], from latents drawn by ``seed``."""
    latents = torch.from_numpy(
        np.random.default_rng(seed).standard_normal((len(conditions), LATENT_LENGTH), np.float32)
    )
    with torch.no_grad():
        return torch.cat([generator(part) for part in torch.cat([latents, conditions], dim=1).split(AT_ONCE)])


def features_of(teacher: Classifier, pictures: Tensor) -> NDArray[np.float64]:
    """Return what the classifier sees in pictures [N,3,S,S], one vector [N,F] each."""
    with torch.no_grad():
        return torch.cat([teacher.features(part) for part in pictures.split(AT_ONCE)]).double().numpy()


def pictures_of(items: list[Item]) -> Tensor:
    """Return the items' pictures, float32 [N,3,S,S] in 0..1."""
    return torch.from_numpy(as_batch([item.picture for item in items]))


def conditions_of(items: list[Item]) -> Tensor:
    """Return the items' conditions, [N,CONDITION_LENGTH]."""
    return torch.from_numpy(np.stack([item.condition for item in items]))


def evenly(items: list[Item], count: int) -> list[Item]:
    """Return ``count`` items spread evenly over the list, or all of them."""
    return items if count >= len(items) else [items[index * len(items) // count] for index in range(count)]
