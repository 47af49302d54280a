"""A generator and a critic that learn from each other: the loop that every such training shares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from engine.models.classifier import Classifier
from engine.training.generation.autoencoder import Batch, draw_batch
from engine.training.generation.items import Item
from engine.training.generation.judge import Judge
from engine.training.run import Run


class Made(NamedTuple):
    """A batch of made pictures [N,3,S,S], and the divergence [N] in nats of the latents that were encoded, if any."""

    pictures: Tensor
    divergence: Tensor | None = None


Make = Callable[[Run, Batch], Made]
"""Makes a picture for each condition of a batch; the generator can learn from what is thought of them."""

Loss = Callable[[Run, Batch, Made, np.random.Generator], Tensor]
"""What a contestant is to make smaller, of the run's network (its step is the run's), a batch and what was made."""


class Rivals(nn.Module):
    """A generator of [latent | condition] and a critic of (picture, condition)."""

    def __init__(self, generator: nn.Module, critic: nn.Module) -> None:
        super().__init__()
        self.generator = generator
        self.critic = critic


def made_of_noise(run: Run, batch: Batch) -> Made:
    """Make each picture of the batch's noise and condition."""
    return Made(run.model.generator(inputs(batch)))


def settled_on_nothing(_run: Run, _items: list[Item]) -> None:
    """Prepare nothing for a validation."""


@dataclass(frozen=True)
class Contest:
    """What tells one adversarial training from another: two losses, and how often the generator's turn comes.

    The network has a ``generator`` and a ``critic``, as `Rivals` does. Both learn from the same made pictures, which
    are made once. The averaged weights move once in each of the generator's turns, however many the critic has: the
    same decay averages over as many of every generator's own steps.
    """

    critic_loss: Loss
    generator_loss: Loss
    generator_every: int = 1  # steps; the critic learns in each
    make: Make = made_of_noise
    settle: Callable[[Run, list[Item]], None] = settled_on_nothing  # before each validation

    def train(self, run: Run, items: list[Item], _held_out: list[Item]) -> None:
        """Train until the schedule's end, with a classifier as teacher; validates by the Fréchet distance, negated."""
        assert isinstance(run.teacher, Classifier)
        judge = Judge(run.teacher, items)
        for step in run.steps():
            rng = np.random.default_rng([run.schedule.seed, step])
            batch = draw_batch(items, run.schedule.batch, rng).on(run.device)
            generators_turn = (step + 1) % self.generator_every == 0
            with torch.set_grad_enabled(generators_turn):
                made = self.make(run, batch)
            run.model.critic.requires_grad_()
            run.learn(self.critic_loss(run, batch, Made(made.pictures.detach()), rng), averaged=False)
            if generators_turn:
                run.model.critic.requires_grad_(requires_grad=False)
                run.learn(self.generator_loss(run, batch, made, rng))
            if run.due():
                self.settle(run, items)
                judge.validate(run)


def serve(network: nn.Module) -> nn.Module:
    """Return the generator alone, of rivals or of an autoencoder."""
    generator = network.generator
    assert isinstance(generator, nn.Module)
    return generator


def inputs(batch: Batch) -> Tensor:
    """Return what a generator is given for a batch: [N, LATENT_LENGTH + CONDITION_LENGTH], latent first."""
    return torch.cat([batch.noise, batch.conditions], dim=1)


def squared_gradient_norms(scores: Tensor, pictures: Tensor) -> Tensor:
    """Return the squared norm [N] of the gradient of each picture's scores [N] or [N,S], summed; it can be learnt from.

    Where a picture has several scores, opposite gradients of two of them cancel out.
    """
    (gradients,) = torch.autograd.grad(scores.sum(), pictures, create_graph=True)
    return (gradients**2).sum(dim=(1, 2, 3))
