"""Train the generator against a critic: a relativistic loss with zero-centred gradient penalties.

After Huang et al., "The GAN is dead; long live the GAN! A Modern GAN Baseline" (2024): each real picture is compared
with a made one, and the critic is kept smooth at both. The generator begins as an autoencoder's decoder, and half of
what it makes goes on being photos that come back (Larsen et al., "Autoencoding beyond pixels", 2016): there the critic
finds nothing but what they lack in detail, and no product is forgotten. A small catalogue is stretched by moving and
covering real and made pictures alike (Zhao et al., "Differentiable Augmentation", 2020).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.models.classifier import Classifier
from engine.models.generator import Discriminator
from engine.training.generation import autoencoder
from engine.training.generation.autoencoder import DIVERGENCE_WEIGHT, Batch, fit_prior, likeness_loss
from engine.training.generation.contest import Contest, Made, inputs, squared_gradient_norms
from engine.training.generation.prior import Prior
from engine.training.run import Run, Schedule, Weights

SCHEDULE = Schedule(steps=20000, batch=16, learning_rate=3e-4, validate_every=250, ema_decay=0.998, betas=(0.0, 0.99))
PENALTY_WEIGHT = 2.0
PENALTY_EVERY = 8  # steps; it counts as much more then
MEMORY_WEIGHT = 0.1  # of the autoencoder's loss
LARGEST_SHIFT_PX = 8
COVER_PX = 32


class Adversaries(nn.Module):
    """The autoencoder, whose decoder is the generator, and the critic."""

    def __init__(self) -> None:
        super().__init__()
        self.autoencoder = autoencoder.build()
        self.critic = Discriminator()

    @property
    def generator(self) -> nn.Module:
        """What makes pictures of normal latents."""
        generator: nn.Module = self.autoencoder.generator
        return generator

    @property
    def decoder(self) -> nn.Module:
        """What makes pictures of own latents: the network that is served."""
        return self.autoencoder.decoder

    @property
    def encoder(self) -> nn.Module:
        """The autoencoder's other half."""
        return self.autoencoder.encoder

    @property
    def prior(self) -> Prior:
        """What carries normal latents to own ones."""
        return self.autoencoder.prior


def build() -> Adversaries:
    """Return untrained adversaries."""
    return Adversaries()


def adapt(weights: Weights, network: Adversaries, _examples: list[Any]) -> Weights:
    """Return the weights of a trained generator, or of an autoencoder as those of the adversaries with a new critic.

    What the network has and they do not, as a version before it, stays as it is untrained.
    """
    prefix = "" if any(name.startswith("critic.") for name in weights) else "autoencoder."
    return network.state_dict() | {f"{prefix}{name}": value for name, value in weights.items()}


def make(model: Adversaries, batch: Batch) -> Made:
    """Make the first half of a batch from its own pictures' latents, and the other half of its noise alone."""
    half = len(batch.noise) // 2
    again, divergence = model.autoencoder(batch.pictures[:half], batch.conditions[:half], batch.noise[:half])
    new = model.generator(inputs(batch)[half:])
    return Made(torch.cat([again, new]), divergence)


def critic_loss(model: Adversaries, batch: Batch, made: Tensor, rng: np.random.Generator, *, penalised: bool) -> Tensor:
    """Return how badly the critic tells real from made, with the penalty on its gradients where ``penalised``.

    Each of its two scores has its own loss; the penalty is on the gradient of their sum, which is what is served too.
    """
    pictures = [stretch(each, rng).requires_grad_(penalised) for each in (batch.pictures, made)]
    real_score, made_score = (model.critic(each, batch.conditions) for each in pictures)
    loss = functional.softplus(made_score - real_score).mean()
    if penalised:
        scores = zip((real_score, made_score), pictures, strict=True)
        squared = sum(squared_gradient_norms(score, each) for score, each in scores)
        loss = loss + PENALTY_EVERY * PENALTY_WEIGHT / 2 * squared.mean()
    return loss


def generator_loss(
    model: Adversaries, batch: Batch, made: Made, rng: np.random.Generator, teacher: Classifier
) -> Tensor:
    """Return how badly made pictures pass for real, and how badly those that were to come back did."""
    with torch.no_grad():
        real_score = model.critic(stretch(batch.pictures, rng), batch.conditions)
    made_score = model.critic(stretch(made.pictures, rng), batch.conditions)
    half = len(batch.noise) // 2
    assert made.divergence is not None
    forgotten = likeness_loss(teacher, made.pictures[:half], batch.pictures[:half])
    forgotten = forgotten + DIVERGENCE_WEIGHT * made.divergence.mean()
    return functional.softplus(real_score - made_score).mean() + MEMORY_WEIGHT * forgotten


def stretch(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    """Move each picture [N,3,S,S] by up to `LARGEST_SHIFT_PX`, white moving in, and cover a square of it in grey."""
    side, reach = pictures.shape[-1], LARGEST_SHIFT_PX
    padded = functional.pad(pictures, (reach, reach, reach, reach), value=1.0)
    moved = []
    for picture in padded:
        top, left = rng.integers(0, 2 * reach + 1, 2)
        cut = picture[:, top : top + side, left : left + side]
        y, x = rng.integers(-COVER_PX // 2, side, 2)
        cover = picture.new_zeros(1, side, side)
        cover[:, max(0, y) : y + COVER_PX, max(0, x) : x + COVER_PX] = 1
        moved.append(cut + cover * (0.5 - cut))
    return torch.stack(moved)


def _make(run: Run, batch: Batch) -> Made:
    assert isinstance(run.model, Adversaries)
    return make(run.model, batch)


def _critics(run: Run, batch: Batch, made: Made, rng: np.random.Generator) -> Tensor:
    assert isinstance(run.model, Adversaries)
    return critic_loss(run.model, batch, made.pictures, rng, penalised=run.step % PENALTY_EVERY == 0)


def _generators(run: Run, batch: Batch, made: Made, rng: np.random.Generator) -> Tensor:
    assert isinstance(run.model, Adversaries)
    assert isinstance(run.teacher, Classifier)
    return generator_loss(run.model, batch, made, rng, run.teacher)


CONTEST = Contest(_critics, _generators, make=_make, settle=fit_prior)
