"""Train the conditional autoencoder: the generator as its decoder, and an encoder that finds a picture's latent.

The evidence lower bound of Kingma and Welling (2014), its picture term measured by pixels and by what the classifier
sees, which keeps edges and cloth where pixels alone would be satisfied with a blur.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.models.classifier import Classifier
from engine.models.generator import LATENT_LENGTH, Encoder, Generator
from engine.training.data import as_batch, evenly
from engine.training.generation.figures import reconstructed
from engine.training.generation.items import Item, augmented
from engine.training.generation.pictures import COLUMNS, conditions_of, make, pictures_of, write_samples
from engine.training.generation.prior import Prior, fit
from engine.training.losses import charbonnier
from engine.training.run import Run, Schedule

SCHEDULE = Schedule(steps=2500, batch=16, learning_rate=1e-3, validate_every=250, ema_decay=0.995)
PIXELS_WEIGHT = 100.0
SEEN_WEIGHT = 20.0
DIVERGENCE_WEIGHT = 0.01  # of the Kullback-Leibler divergence in nats
WARM_UP_STEPS = 500  # of that weight


class Sampler(nn.Module):
    """A generator of [normal latent | condition]: a prior before one that takes its own latents."""

    def __init__(self, prior: Prior, decoder: nn.Module) -> None:
        super().__init__()
        self.prior = prior
        self.decoder = decoder

    def forward(self, vector: Tensor) -> Tensor:
        """Map [N, LATENT_LENGTH + CONDITION_LENGTH], latent first, to sRGB [N,3,S,S] in 0..1."""
        normal, condition = vector[:, :LATENT_LENGTH], vector[:, LATENT_LENGTH:]
        picture: Tensor = self.decoder(torch.cat([self.prior(normal, condition), condition], dim=1))
        return picture


class Autoencoder(nn.Module):
    """The two halves that are trained together: a generator and what finds its latents."""

    def __init__(self, encoder: nn.Module, generator: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = generator
        self.prior = Prior()

    @property
    def generator(self) -> nn.Module:
        """What makes pictures of normal latents."""
        return Sampler(self.prior, self.decoder)

    def forward(self, picture: Tensor, condition: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Return the picture that comes back, [N,3,S,S], and the latents' divergence from the prior, [N] in nats.

        ``noise`` [N,LATENT_LENGTH]: where in its Gaussian each latent is drawn, in deviations; zeros: its mean.
        """
        mean, log_variance = self.encoder(picture)
        latent = mean + noise * torch.exp(0.5 * log_variance)
        divergence = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(dim=1)
        return self.decoder(torch.cat([latent, condition], dim=1)), divergence


class Batch(NamedTuple):
    """Pictures float32 [N,3,S,S], conditions [N,CONDITION_LENGTH], noise [N,LATENT_LENGTH]."""

    pictures: Tensor
    conditions: Tensor
    noise: Tensor

    def on(self, device: torch.device) -> Batch:
        """Return the batch as it lies on a device."""
        return Batch(*(part.to(device) for part in self))


def build() -> Autoencoder:
    """Return an untrained autoencoder."""
    return Autoencoder(Encoder(), Generator())


@dataclass(frozen=True)
class Bound:
    """The evidence lower bound, negated: how unlike the picture comes back, and the weight of the divergence."""

    unlike: Callable[[Run, Tensor, Tensor], Tensor]  # of the outputs and the targets, [N,3,S,S] each
    divergence_weight: float  # of the Kullback-Leibler divergence in nats
    warm_up_steps: int = 1  # of that weight
    fitted: bool = False  # whether draws are carried to where the pictures' latents lie

    def train(self, run: Run, items: list[Item], held_out: list[Item]) -> None:
        """Train until the schedule's end; validates by the loss, negated. Samples are photos and what comes back."""
        for step in run.steps():
            rng = np.random.default_rng([run.schedule.seed, step])
            batch = draw_batch(items, run.schedule.batch, rng).on(run.device)
            share = min(1.0, (step + 1) / self.warm_up_steps)
            run.learn(self.loss(run, run.model, batch, share))
            if run.due():
                if self.fitted:
                    fit_prior(run, items)
                shown = evenly(held_out, 2 * COLUMNS)
                drawn = make(run.average.generator, conditions_of(shown), seed=0)
                write_samples(run, [list(pictures_of(shown)), list(reconstructed(run.average, shown)), list(drawn)])
                run.record("val_minus_loss", -self.validation_loss(run, held_out))

    def loss(self, run: Run, network: nn.Module, batch: Batch, share: float = 1.0) -> Tensor:
        """Return the bound of one batch, with a share of the divergence's weight."""
        output, divergence = network(*batch)
        return self.unlike(run, output, batch.pictures) + share * self.divergence_weight * divergence.mean()

    def validation_loss(self, run: Run, held_out: list[Item]) -> float:
        """Return the mean loss of the averaged weights over the held-out items, without noise."""
        losses = []
        with torch.no_grad():
            for start in range(0, len(held_out), 16):
                part = [(item.picture, item.condition) for item in held_out[start : start + 16]]
                batch = _as_tensors(part, np.zeros((len(part), LATENT_LENGTH), np.float32)).on(run.device)
                losses += [float(self.loss(run, run.average, batch))] * len(part)
        return float(np.mean(losses))


def fit_prior(run: Run, items: list[Item]) -> None:
    """Fit the prior of the run's network and of its averaged twin to what the averaged encoder answers."""
    fitted = fit(run.average.encoder, items)
    for network in (run.model, run.average):
        network.prior.take(fitted)


def draw_batch(items: list[Item], size: int, rng: np.random.Generator) -> Batch:
    """Return a batch of random items, mirrored, recoloured and patterned at random.

    Half of them are drawn by their category first, each alike, so that a rare one is not forgotten.
    """
    categories = np.array([item.category for item in items])
    by_category = [np.flatnonzero(categories == rng.choice(np.unique(categories))) for _ in range(size // 2)]
    chosen = [*(rng.choice(own) for own in by_category), *rng.integers(0, len(items), size - size // 2)]
    drawn = [augmented(items[index], rng) for index in rng.permutation(chosen)]
    noise = rng.standard_normal((size, LATENT_LENGTH), np.float32)
    return _as_tensors(drawn, noise)


def likeness_loss(classifier: Classifier, output: Tensor, target: Tensor) -> Tensor:
    """Return how unlike two batches [N,3,S,S] are, in pixels and in the classifier's features of every level."""
    with torch.no_grad():
        wanted = [functional.normalize(level, dim=1) for level in classifier.levels(target)]
    seen = [functional.normalize(level, dim=1) for level in classifier.levels(output)]
    unlike = sum(((a - b) ** 2).sum(dim=1).mean() for a, b in zip(seen, wanted, strict=True)) / len(seen)
    return PIXELS_WEIGHT * charbonnier(output, target) + SEEN_WEIGHT * unlike


def _as_the_teacher_sees(run: Run, output: Tensor, target: Tensor) -> Tensor:
    assert isinstance(run.teacher, Classifier)
    return likeness_loss(run.teacher, output, target)


BOUND = Bound(_as_the_teacher_sees, DIVERGENCE_WEIGHT, WARM_UP_STEPS, fitted=True)


def _as_tensors(drawn: list[tuple[np.ndarray, np.ndarray]], noise: np.ndarray) -> Batch:
    pictures = torch.from_numpy(as_batch([picture for picture, _ in drawn]))
    return Batch(pictures, torch.from_numpy(np.stack([condition for _, condition in drawn])), torch.from_numpy(noise))
