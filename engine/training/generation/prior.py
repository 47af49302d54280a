"""Where a generator's own latents lie, by what is shown: fitted to an encoder's answers.

An autoencoder's latents are never quite as normal as its bound asks for, and shapes gather by category. So normal draws
are carried to where the photos' latents really lie (Ghosh et al., "From Variational to Deterministic Autoencoders",
2020): first to near a few of the category's photos (`engine.generation.settling`), then by a map for each category,
which gives the normal latents of its photos its mean and spread.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.generation.condition import CONDITION_LENGTH, MOST_CATEGORIES
from engine.generation.latents import LATENT_LENGTH
from engine.generation.settling import CHOICES, FREEDOM, MOST_PRODUCTS, NEIGHBORS, neighbors
from engine.images import Floats
from engine.training.data import evenly
from engine.training.generation.items import Item
from engine.training.generation.pictures import AT_ONCE, conditions_of, device_of, pictures_of

RIDGE = 4.0  # items' worth of doubt about what a condition says of a latent
ENOUGH = 4000  # items: more cost time and change little
SHARED = 50.0  # items' worth of the spread that all categories share, in each category's own

Doubles = NDArray[np.float64]


class Prior(nn.Module):
    """Normal latents carried to the generator's own; the identity before it is fitted."""

    mean: Tensor
    factors: Tensor
    products: Tensor
    nearest: Tensor
    counts: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(CONDITION_LENGTH, LATENT_LENGTH))
        self.register_buffer("factors", torch.eye(LATENT_LENGTH).repeat(MOST_CATEGORIES, 1, 1))
        self.register_buffer("products", torch.zeros(MOST_CATEGORIES, MOST_PRODUCTS, LATENT_LENGTH))
        self.register_buffer("nearest", torch.zeros(MOST_CATEGORIES, MOST_PRODUCTS, NEIGHBORS, dtype=torch.long))
        self.register_buffer("counts", torch.zeros(MOST_CATEGORIES, dtype=torch.long))

    def forward(self, normal: Tensor, condition: Tensor) -> Tensor:
        """Map normal latents [N,LATENT_LENGTH] and conditions [N,CONDITION_LENGTH] to own latents of the same shape."""
        category = condition[:, :MOST_CATEGORIES].argmax(dim=1)
        spread = torch.einsum("nij,nj->ni", self.factors[category], self.settled(normal, condition))
        return condition @ self.mean + spread

    def settled(self, normal: Tensor, condition: Tensor) -> Tensor:
        """Return normal latents [N,LATENT_LENGTH] near products of their categories, as `engine.generation.settling`.

        Those of a category that has no products stay as they are.
        """
        category = condition[:, :MOST_CATEGORIES].argmax(dim=1)
        count = self.counts[category]
        shares = torch.special.ndtr(normal[:, :CHOICES].double())
        chosen = torch.minimum((shares[:, 0] * count).long(), (count - 1).clamp(min=0))
        weights = torch.log(shares[:, 1:]) ** 2
        weights = (weights / weights.sum(dim=1, keepdim=True)).to(normal.dtype)
        mixed = (weights[..., None] * self.products[category[:, None], self.nearest[category, chosen]]).sum(dim=1)
        return torch.where(count[:, None] > 0, mixed + FREEDOM * normal, normal)

    def products_of(self, category: int) -> Tensor:
        """Return the normal latents of a category's products, [P,LATENT_LENGTH]."""
        return self.products[category, : int(self.counts[category])]

    def take(self, fitted: Fitted) -> None:
        """Take over what was fitted."""
        self.mean.copy_(torch.from_numpy(fitted.mean))
        self.factors.copy_(torch.from_numpy(fitted.factors))
        for category, products in enumerate(fitted.products):
            count = len(products)
            self.counts[category] = count
            if count:
                self.products[category, :count] = torch.from_numpy(products)
                self.nearest[category, :count] = torch.from_numpy(neighbors(products.astype(np.float64)))


@dataclass(frozen=True)
class Fitted:
    """Own latents are ``condition @ mean + factors[category] @ normal``; ``products`` lie among the normal ones."""

    mean: Doubles  # [CONDITION_LENGTH,LATENT_LENGTH]
    factors: Doubles  # [MOST_CATEGORIES,LATENT_LENGTH,LATENT_LENGTH], lower triangles
    products: tuple[Floats, ...]  # of each of MOST_CATEGORIES, [0..MOST_PRODUCTS,LATENT_LENGTH]


def fit(encoder: nn.Module, items: list[Item]) -> Fitted:
    """Return the prior of what an encoder answers for the items' pictures; each category is spread by its own items."""
    items = _enough(items)
    means, variances = _answers(encoder, items)
    told = conditions_of(items).double().numpy()
    mean = np.linalg.solve(told.T @ told + RIDGE * np.eye(told.shape[1]), told.T @ means)
    apart = means - told @ mean
    categories = np.array([item.category for item in items])
    shared = _covariance(apart, variances)
    factors = np.stack(
        [_factor(apart[categories == k], variances[categories == k], shared) for k in range(MOST_CATEGORIES)]
    )
    kept = [_kept([item.category for item in items], k) for k in range(MOST_CATEGORIES)]
    products = [_normal(apart[places], factors[k]) for k, places in enumerate(kept)]
    return Fitted(mean, factors, tuple(products))


def products_among(items: list[Item]) -> list[list[Item]]:
    """Return, for each of MOST_CATEGORIES, which of the items `fit` keeps as its products, in their order."""
    items = _enough(items)
    categories = [item.category for item in items]
    return [[items[place] for place in _kept(categories, k)] for k in range(MOST_CATEGORIES)]


def _enough(items: list[Item]) -> list[Item]:
    """Up to `ENOUGH` items as they are; of more, each category's share of them, spread evenly, in their order.

    A rare category gives as many as can be its products, even if that is more than its share: all of a few.
    """
    if len(items) <= ENOUGH:
        return items
    of_category: dict[int, list[int]] = {}
    for place, item in enumerate(items):
        of_category.setdefault(item.category, []).append(place)
    chosen: list[int] = []
    for places in of_category.values():
        share = -(-len(places) * ENOUGH // len(items))  # rounded up
        chosen += evenly(places, max(share, MOST_PRODUCTS))
    return [items[place] for place in sorted(chosen)]


def _kept(categories: list[int], category: int) -> list[int]:
    """The places, 0 to MOST_PRODUCTS of them, of a category's products among items of these categories."""
    return evenly([place for place, each in enumerate(categories) if each == category], MOST_PRODUCTS)


def _normal(apart: Doubles, factor: Doubles) -> Floats:
    """The normal latents, [P,LATENT_LENGTH], of own ones that are so far from their conditions' means."""
    return np.linalg.solve(factor, apart.T).T.astype(np.float32)


def _answers(encoder: nn.Module, items: list[Item]) -> tuple[Doubles, Doubles]:
    """The means and variances, [N,LATENT_LENGTH] each, of the items' pictures."""
    answers, place = [], device_of(encoder)
    with torch.no_grad():
        for start in range(0, len(items), AT_ONCE):
            answers.append(encoder(pictures_of(items[start : start + AT_ONCE]).to(place)))
    means, log_variances = (torch.cat(each).cpu().double().numpy() for each in zip(*answers, strict=True))
    return means, np.exp(log_variances)


def _covariance(apart: Doubles, variances: Doubles) -> Doubles:
    return np.asarray(apart.T @ apart / len(apart) + np.diag(variances.mean(axis=0)))


def _factor(apart: Doubles, variances: Doubles, shared: Doubles) -> Doubles:
    count = len(apart)
    own = _covariance(apart, variances) if count else np.zeros_like(shared)
    return np.asarray(np.linalg.cholesky((count * own + SHARED * shared) / (count + SHARED)))
