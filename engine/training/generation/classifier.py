"""Train the classifier of catalogue pictures: what it sees is what generated pictures are measured by."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from engine.generation.condition import MOST_CATEGORIES
from engine.models.classifier import Classifier
from engine.training.data import DataUse, as_batch
from engine.training.generation.items import Item, augmented, data_uses, load_catalogue
from engine.training.generation.pictures import categories_of, device_of, pictures_of
from engine.training.run import Run, Schedule

SCHEDULE = Schedule(steps=2000, batch=24, learning_rate=2e-3, weight_decay=0.05, validate_every=200, ema_decay=0.99)
LARGEST_SHIFT_PX = 8


def build() -> Classifier:
    """Return an untrained classifier of as many categories as a generator can have."""
    return Classifier(MOST_CATEGORIES)


def load_items(data: Path) -> tuple[list[Item], list[Item], list[DataUse]]:
    """Return (items to train on, held-out items, what was used) of a cleaned catalogue."""
    catalogue = load_catalogue(data)
    return catalogue.items, catalogue.held_out, data_uses(catalogue)


def train(run: Run, items: list[Item], held_out: list[Item]) -> None:
    """Train until the schedule's end; each category is shown equally often. Validates by the share of right answers."""
    groups = _by_category(items)
    for step in run.steps():
        rng = np.random.default_rng([run.schedule.seed, step])
        chosen = [
            group[rng.integers(len(group))]
            for group in (groups[i] for i in rng.integers(0, len(groups), run.schedule.batch))
        ]
        pictures = [_shifted(augmented(item, rng)[0], rng) for item in chosen]
        labels = torch.tensor([item.category for item in chosen]).to(run.device)
        logits = run.model(torch.from_numpy(as_batch(pictures)).to(run.device))
        run.learn(functional.cross_entropy(logits, labels, label_smoothing=0.05))
        if run.due():
            run.record("val_accuracy", accuracy(run.average, held_out))


def accuracy(classifier: torch.nn.Module, items: list[Item]) -> float:
    """Return the share of items whose category is the likeliest one."""
    place = device_of(classifier)
    with torch.no_grad():
        logits = torch.cat([classifier(pictures_of(part).to(place)).cpu() for part in _parts(items)])
    return float(np.mean(logits.argmax(dim=1).numpy() == categories_of(items)))


def _parts(items: list[Item], size: int = 32) -> list[list[Item]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def _by_category(items: list[Item]) -> list[list[Item]]:
    groups: dict[int, list[Item]] = {}
    for item in items:
        groups.setdefault(item.category, []).append(item)
    return list(groups.values())


def _shifted(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the picture moved by up to `LARGEST_SHIFT_PX`, white moving in."""
    rows, columns = rng.integers(-LARGEST_SHIFT_PX, LARGEST_SHIFT_PX + 1, 2)
    padded = np.pad(picture, ((LARGEST_SHIFT_PX,) * 2, (LARGEST_SHIFT_PX,) * 2, (0, 0)), constant_values=255)
    top, left = LARGEST_SHIFT_PX + rows, LARGEST_SHIFT_PX + columns
    return padded[top : top + picture.shape[0], left : left + picture.shape[1]]
