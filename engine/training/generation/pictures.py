"""Pictures as generators make them and a classifier sees them, many at a time.

Networks compute where they lie; the tensors that go in and come out here lie in the CPU's memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from engine.generation.latents import draw
from engine.models.classifier import Classifier
from engine.training.data import Pixels, as_batch
from engine.training.generation.items import Item
from engine.training.linear import to_uint8
from engine.training.run import Run
from engine.training.sheets.layout import compose

AT_ONCE = 32
COLUMNS = 8


def make(generator: nn.Module, conditions: Tensor, seed: int) -> Tensor:
    """Return a picture for each condition [N,CONDITION_LENGTH], [N,3,S,S], from latents drawn by ``seed``."""
    latents, place = torch.from_numpy(draw(seed, len(conditions))), device_of(generator)
    with torch.no_grad():
        parts = torch.cat([latents, conditions], dim=1).split(AT_ONCE)
        return torch.cat([generator(part.to(place)).cpu() for part in parts])


@dataclass(frozen=True)
class Seen:
    """What the classifier sees in N pictures: features [N,F] and the categories' probabilities [N,K]."""

    features: NDArray[np.float64]
    probabilities: NDArray[np.float64]


def look(teacher: Classifier, pictures: Tensor) -> Seen:
    """Return what the classifier sees in pictures [N,3,S,S]."""
    place = device_of(teacher)
    with torch.no_grad():
        parts = [teacher.probabilities_and_features(part.to(place)) for part in pictures.split(AT_ONCE)]
    probabilities, features = (torch.cat(each).cpu().double().numpy() for each in zip(*parts, strict=True))
    return Seen(features, probabilities)


def features_of(teacher: Classifier, items: list[Item]) -> NDArray[np.float64]:
    """Return the features [N,F] that the classifier sees in the items' pictures, of which few are in memory at once."""
    starts = range(0, len(items), AT_ONCE)
    return np.concatenate([look(teacher, pictures_of(items[start : start + AT_ONCE])).features for start in starts])


def device_of(network: nn.Module) -> torch.device:
    """Return where a network's weights lie."""
    return next(network.parameters()).device


def pictures_of(items: list[Item]) -> Tensor:
    """Return the items' pictures, float32 [N,3,S,S] in 0..1."""
    return torch.from_numpy(as_batch([item.picture for item in items]))


def conditions_of(items: list[Item]) -> Tensor:
    """Return the items' conditions, [N,CONDITION_LENGTH]."""
    return torch.from_numpy(np.stack([item.condition for item in items]))


def categories_of(items: list[Item]) -> NDArray[np.intp]:
    """Return the items' categories, [N]."""
    return np.array([item.category for item in items], np.intp)


def as_images(pictures: Tensor) -> list[Pixels]:
    """Return pictures [N,3,S,S] in 0..1 as uint8 [S,S,3]."""
    return [to_uint8(picture) for picture in pictures.permute(0, 2, 3, 1).numpy()]


def write_samples(run: Run, rows: list[list[Tensor]]) -> None:
    """Write rows of pictures [3,S,S] as ``samples-STEP.jpg`` into the run's folder, `COLUMNS` side by side."""
    lines = []
    for row in rows:
        images = as_images(torch.stack(row))
        lines += [images[start : start + COLUMNS] for start in range(0, len(images), COLUMNS)]
    Image.fromarray(compose(lines)).save(run.folder / f"samples-{run.step + 1:06d}.jpg", quality=90)
