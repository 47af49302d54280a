"""Train the generator against a critic: a relativistic loss with zero-centred gradient penalties.

After Huang et al., "The GAN is dead; long live the GAN! A Modern GAN Baseline" (2024): each real picture is compared
with a made one, and the critic is kept smooth at both. The generator begins as an autoencoder's decoder and goes on
giving that autoencoder's pictures back, so that it forgets no product; a small catalogue is stretched by moving and
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
from engine.training.generation.autoencoder import DIVERGENCE_WEIGHT, Batch, likeness_loss
from engine.training.generation.contest import Contest, inputs, squared_gradient_norms
from engine.training.run import Run, Schedule, Weights

SCHEDULE = Schedule(steps=20000, batch=16, learning_rate=4e-4, validate_every=500, ema_decay=0.999, betas=(0.0, 0.99))
PENALTY_WEIGHT = 5.0
PENALTY_EVERY = 4  # steps; it counts as much more then
MEMORY_WEIGHT = 0.02  # of the autoencoder's loss
MEMORY_EVERY = 2
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
        """The autoencoder's decoder."""
        return self.autoencoder.generator

    @property
    def encoder(self) -> nn.Module:
        """The autoencoder's other half."""
        return self.autoencoder.encoder


def build() -> Adversaries:
    """Return untrained adversaries."""
    return Adversaries()


def adapt(weights: Weights, network: Adversaries, _examples: list[Any]) -> Weights:
    """Return the weights of a trained autoencoder as those of the adversaries; the critic's are new."""
    return network.state_dict() | {f"autoencoder.{name}": value for name, value in weights.items()}


def critic_loss(model: Adversaries, batch: Batch, rng: np.random.Generator, *, penalised: bool) -> Tensor:
    """Return how badly the critic tells real from made, with the penalty on its gradients where ``penalised``."""
    with torch.no_grad():
        made = model.generator(inputs(batch))
    real, made = (stretch(pictures, rng).requires_grad_(penalised) for pictures in (batch.pictures, made))
    real_score, made_score = model.critic(real, batch.conditions), model.critic(made, batch.conditions)
    loss = functional.softplus(made_score - real_score).mean()
    if penalised:
        squared = squared_gradient_norms(real_score, real) + squared_gradient_norms(made_score, made)
        loss = loss + PENALTY_EVERY * PENALTY_WEIGHT / 2 * squared.mean()
    return loss


def generator_loss(model: Adversaries, batch: Batch, rng: np.random.Generator, teacher: Classifier | None) -> Tensor:
    """Return how badly made pictures pass for real; and, with a teacher, how badly real ones come back."""
    made = model.generator(inputs(batch))
    with torch.no_grad():
        real_score = model.critic(stretch(batch.pictures, rng), batch.conditions)
    loss = functional.softplus(real_score - model.critic(stretch(made, rng), batch.conditions)).mean()
    if teacher is not None:
        again, divergence = model.autoencoder(*batch)
        forgotten = likeness_loss(teacher, again, batch.pictures) + DIVERGENCE_WEIGHT * divergence.mean()
        loss = loss + MEMORY_EVERY * MEMORY_WEIGHT * forgotten
    return loss


def stretch(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    """Move each picture [N,3,S,S] by up to `LARGEST_SHIFT_PX`, white moving in, and cover a square of it in grey."""
    side, reach = pictures.shape[-1], LARGEST_SHIFT_PX
    padded = functional.pad(pictures, (reach, reach, reach, reach), value=1.0)
    moved = []
    for picture in padded:
        top, left = rng.integers(0, 2 * reach + 1, 2)
        cut = picture[:, top : top + side, left : left + side]
        y, x = rng.integers(-COVER_PX // 2, side, 2)
        cover = torch.zeros(1, side, side)
        cover[:, max(0, y) : y + COVER_PX, max(0, x) : x + COVER_PX] = 1
        moved.append(cut + cover * (0.5 - cut))
    return torch.stack(moved)


def _critics(run: Run, batch: Batch, rng: np.random.Generator) -> Tensor:
    assert isinstance(run.model, Adversaries)
    return critic_loss(run.model, batch, rng, penalised=run.step % PENALTY_EVERY == 0)


def _generators(run: Run, batch: Batch, rng: np.random.Generator) -> Tensor:
    assert isinstance(run.model, Adversaries)
    assert isinstance(run.teacher, Classifier)
    return generator_loss(run.model, batch, rng, run.teacher if run.step % MEMORY_EVERY == 0 else None)


CONTEST = Contest(_critics, _generators)
