"""What of a finished training is served: four networks, and what they learned of the catalogue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.generation.attributes import Attributes
from engine.generation.directions import Directions, find_directions
from engine.generation.facts import MOST_EXAMPLES, Facts
from engine.generation.latents import LATENT_LENGTH, draw
from engine.generation.quantities import QUANTITIES
from engine.generation.strangeness import anomaly_quantiles, strangeness
from engine.images import Floats, Image
from engine.models.classifier import Classifier
from engine.models.generator import STYLE_LENGTH, Discriminator
from engine.models.stages import flat, leaky
from engine.training.data import as_batch, evenly
from engine.training.generation.adversary import Adversaries
from engine.training.generation.classifier import accuracy
from engine.training.generation.items import Catalogue, Item
from engine.training.generation.pictures import AT_ONCE, as_images, conditions_of, look, make, pictures_of
from engine.training.generation.prior import products_among

REMEMBERED = 1000  # real pictures whose features are kept
MEASURED = 800  # made pictures that directions are found in
SEED = 0
CHOSEN_BY = ("tallness", "presence", "sleeves", "flare")
"""Quantities of shape, which products are chosen by: conditions tell of colours, a product's normal latent does not."""
EVERYTHING_REAL = np.array([0.0, 1.0])
"""Quantiles of anomaly before any was measured."""


class LikeliestLatent(nn.Module):
    """An encoder that answers with the middle of what it finds, [N,LATENT_LENGTH]."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, picture: Tensor) -> Tensor:
        """Map sRGB [N,3,128,128] in 0..1 to [N,LATENT_LENGTH]."""
        mean: Tensor = self.encoder(picture)[0]
        return mean


class Opinion(nn.Module):
    """A critic that answers for every condition at once: how real, and what it thinks of each part of a condition.

    Its score of a condition is ``answer[0] + answer[1:] @ condition``, the sum of the critic's two.
    """

    def __init__(self, critic: Discriminator) -> None:
        super().__init__()
        self.critic = critic

    def forward(self, picture: Tensor) -> Tensor:
        """Map sRGB [N,3,128,128] in 0..1 to [N,1 + CONDITION_LENGTH]."""
        levels = self.critic.descent(picture)
        features = leaky(self.critic.features(flat(levels[-1])))
        real = self.critic.real(features) + self.critic.of_places(levels).mean(dim=(1, 2))[:, None]
        return torch.cat([real, features @ self.critic.fitting.weight / STYLE_LENGTH**0.5], dim=1)


class Sight(nn.Module):
    """A classifier that answers with what it sees and what it takes it for."""

    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, picture: Tensor) -> Tensor:
        """Map sRGB [N,3,128,128] in 0..1 to [N,F + MOST_CATEGORIES]: features, then the categories' logits."""
        features = self.classifier.features(picture)
        return torch.cat([features, self.classifier.out(features)], dim=1)


def networks(adversaries: Adversaries, classifier: Classifier) -> Mapping[str, nn.Module]:
    """Return the networks that are served, by their models' names; frozen."""
    found = {
        "generator": adversaries.decoder,
        "generator-encoder": LikeliestLatent(adversaries.encoder),
        "generator-critic": Opinion(adversaries.critic),
        "generator-classifier": Sight(classifier),
    }
    return {name: network.eval().requires_grad_(requires_grad=False) for name, network in found.items()}


def facts_of(adversaries: Adversaries, classifier: Classifier, catalogue: Catalogue) -> Facts:
    """Return what serving has to know beside the networks, measured on the catalogue and on pictures made for it.

    Raises ValueError where a category has no item to learn from, and for a catalogue that is not the prior's.
    """
    by_category: list[list[Item]] = [[] for _ in catalogue.categories]
    for item in catalogue.items:
        by_category[item.category].append(item)
    remembered = look(classifier, pictures_of(evenly(catalogue.items, REMEMBERED))).features
    facts = Facts(
        categories=catalogue.categories,
        shares=np.array([len(items) for items in by_category], np.float64) / len(catalogue.items),
        mean=adversaries.prior.mean.double().numpy(),
        factors=adversaries.prior.factors.double().numpy(),
        products=tuple(adversaries.prior.products_of(k).numpy() for k in range(len(catalogue.categories))),
        quantity_names=CHOSEN_BY,
        quantities=_quantities(adversaries, catalogue),
        shown=tuple(tuple(_attributes(items)) for items in by_category),
        real_features=remembered.astype(np.float32),
        anomaly=EVERYTHING_REAL,
        directions=_directions(adversaries, catalogue),
    )
    asking = Networks(networks(adversaries, classifier))
    pictures = np.stack([item.picture for item in catalogue.held_out])
    told = np.stack([item.condition for item in catalogue.held_out])
    return replace(facts, anomaly=anomaly_quantiles(strangeness(asking, facts, pictures, told)))


def measures_of(adversaries: Adversaries, classifier: Classifier, catalogue: Catalogue) -> dict[str, dict[str, Any]]:
    """Return a figure for each network that only looks, by its model's name, as cards tell them but for the command.

    The classifier's is the share of held-out photos whose category it sees, beside the share of the commonest category;
    the critic's the share of them that it finds more real than a picture made for the same condition, beside chance.
    """
    held_out = catalogue.held_out
    told, pictures = conditions_of(held_out), pictures_of(held_out)
    made = make(adversaries.generator, told, SEED)
    with torch.no_grad():
        real, new = (_scores(adversaries.critic, each, told) for each in (pictures, made))
    commonest = max(Counter(item.category for item in held_out).values()) / len(held_out)
    right, told_apart = accuracy(classifier, held_out), float((real.sum(dim=1) > new.sum(dim=1)).float().mean())
    return {
        "generator-classifier": _figure("accuracy", right, {"commonest category": commonest}),
        "generator-critic": _figure("real_over_made", told_apart, {"chance": 0.5}),
    }


def _scores(critic: Discriminator, pictures: Tensor, told: Tensor) -> Tensor:
    """What a critic thinks of pictures that are to show conditions, [N,2]."""
    parts = zip(pictures.split(AT_ONCE), told.split(AT_ONCE), strict=True)
    return torch.cat([critic(*part) for part in parts])


def _figure(name: str, value: float, baseline: dict[str, float]) -> dict[str, Any]:
    rounded = {other: round(figure, 4) for other, figure in baseline.items()}
    return {"name": name, "set": "held-out photos", "value": round(value, 4), "baseline": rounded}


class Networks:
    """The served networks as the studio asks them, in torch; see `engine.generation.networks.Ask`."""

    def __init__(self, served: Mapping[str, nn.Module]) -> None:
        self._served = served

    def make(self, vectors: Floats) -> Image:
        """Return pictures uint8 [n,128,128,3] of vectors [n,LATENT_LENGTH + CONDITION_LENGTH]."""
        with torch.no_grad():
            parts = [self._served["generator"](part) for part in torch.from_numpy(vectors).split(AT_ONCE)]
        return np.stack([image for part in parts for image in as_images(part)])

    def encode(self, pictures: Image) -> Floats:
        """Return latents [n,LATENT_LENGTH] of uint8 [n,128,128,3]."""
        return self._seen("generator-encoder", pictures)

    def judge(self, pictures: Image) -> Floats:
        """Return opinions [n,1 + CONDITION_LENGTH] of uint8 [n,128,128,3]."""
        return self._seen("generator-critic", pictures)

    def classify(self, pictures: Image) -> Floats:
        """Return features and logits [n,F + MOST_CATEGORIES] of uint8 [n,128,128,3]."""
        return self._seen("generator-classifier", pictures)

    def _seen(self, model: str, pictures: Image) -> Floats:
        starts = range(0, len(pictures), AT_ONCE)
        with torch.no_grad():
            parts = [as_batch(list(pictures[start : start + AT_ONCE])) for start in starts]
            return np.concatenate([self._served[model](torch.from_numpy(part)).numpy() for part in parts])


def _attributes(items: list[Item]) -> list[Attributes]:
    """Return what up to `MOST_EXAMPLES` of the items show, spread evenly."""
    return [item.attributes for item in evenly(items, MOST_EXAMPLES)]


def _quantities(adversaries: Adversaries, catalogue: Catalogue) -> tuple[NDArray[np.float64], ...]:
    """Return `CHOSEN_BY` of each category's products, measured on their photos, in its deviations from its mean."""
    products = products_among(catalogue.items)[: len(catalogue.categories)]
    counts, fitted = [len(items) for items in products], adversaries.prior.counts.tolist()[: len(products)]
    if counts != fitted:
        raise ValueError(f"the prior was fitted to {fitted} products of each category, this catalogue has {counts}")
    return tuple(_standard([[QUANTITIES[name](item.picture) for name in CHOSEN_BY] for item in of]) for of in products)


def _standard(measured: list[list[float]]) -> NDArray[np.float64]:
    """Return quantities [P,Q] in their deviations from their means; 0 for one that is the same everywhere."""
    values = np.array(measured)
    apart = values - values.mean(axis=0)
    deviations = values.std(axis=0)
    return np.asarray(apart / np.where(deviations > 1e-9, deviations, np.inf))


def _directions(adversaries: Adversaries, catalogue: Catalogue) -> Directions:
    """Return the ways among normal latents by which pictures of the catalogue's conditions change.

    A quantity that cannot be told apart from those before it, or that never changes, is left out.
    """
    asked = conditions_of([catalogue.items[k % len(catalogue.items)] for k in range(MEASURED)])
    latents = adversaries.prior.settled(torch.from_numpy(draw(SEED, MEASURED)), asked).numpy()
    images = as_images(make(adversaries.generator, asked, SEED))
    found = Directions((), np.zeros((0, LATENT_LENGTH)), np.zeros(0), np.zeros(0))
    measured: dict[str, NDArray[np.float64]] = {}
    for name, measure in QUANTITIES.items():
        values = _beyond(np.array([measure(image) for image in images]), asked)
        with suppress(ValueError):
            found = find_directions(latents, {**measured, name: values})
            measured[name] = values
    return found


def _beyond(values: NDArray[np.float64], asked: Tensor) -> NDArray[np.float64]:
    """Return values [n] less what the conditions [n,CONDITION_LENGTH] tell of them, linearly."""
    told = asked.double().numpy()
    slopes, *_ = np.linalg.lstsq(told, values, rcond=None)
    return np.asarray(values - told @ slopes)
