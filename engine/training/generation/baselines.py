"""The field's first ways to make pictures, trained as ours are, on the same data: what ours is to be better than.

Where a paper's own setting exists it is used: Adam at 0.0002 with a momentum of 0.5 from DCGAN on, WGAN-GP's five steps
of the critic and penalty of 10. All are conditional by concatenation; see `engine.models.baselines`.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from engine.models.baselines import DeepCritic, DeepEncoder, DeepGenerator, DenseCritic, DenseGenerator
from engine.training.generation.autoencoder import Autoencoder, Batch, Bound
from engine.training.generation.contest import Contest, Rivals, inputs, squared_slopes
from engine.training.run import Run, Schedule

GAN_SCHEDULE = Schedule(steps=20000, batch=16, learning_rate=2e-4, validate_every=500, betas=(0.5, 0.999))
WGAN_SCHEDULE = Schedule(steps=50000, batch=16, learning_rate=1e-4, validate_every=1250, betas=(0.0, 0.9))
VAE_SCHEDULE = Schedule(steps=12000, batch=16, learning_rate=1e-3, validate_every=500)
PENALTY_WEIGHT = 10.0
CRITIC_STEPS = 5  # of WGAN-GP's, to one of its generator
SUREST = 1e-6  # a value that is as near to 0 or 1 surprises by no more than 14 nats
SMALLEST_SLOPE = 1e-6  # where the square root has a slope of its own still


def build_plain_gan() -> Rivals:
    """Return the dense networks of Goodfellow et al. 2014, untrained."""
    return Rivals(DenseGenerator(), DenseCritic())


def build_dcgan() -> Rivals:
    """Return the convolutional networks of Radford et al. 2016, untrained."""
    return Rivals(DeepGenerator(), DeepCritic())


def build_wgan_gp() -> Rivals:
    """Return DCGAN's networks, the critic without normalisation (Gulrajani et al. 2017), untrained."""
    return Rivals(DeepGenerator(), DeepCritic(normalised=False))


def build_plain_vae() -> Autoencoder:
    """Return an autoencoder of DCGAN's halves, untrained."""
    return Autoencoder(DeepEncoder(), DeepGenerator())


def telling_apart(run: Run, batch: Batch, _rng: np.random.Generator) -> Tensor:
    """Return the critic's binary cross-entropy over real and made pictures (Goodfellow et al., eq. 1)."""
    critic = run.model.critic
    real, made = critic(batch.pictures, batch.conditions), critic(_made(run, batch), batch.conditions)
    return functional.softplus(-real).mean() + functional.softplus(made).mean()


def passing_for_real(run: Run, batch: Batch, _rng: np.random.Generator) -> Tensor:
    """Return the generator's cross-entropy where it is wanted to be taken for real (their section 3)."""
    return functional.softplus(-_made_scores(run, batch)).mean()


def earth_movers(run: Run, batch: Batch, rng: np.random.Generator) -> Tensor:
    """Return the critic's estimate of Wasserstein's distance, negated, and the penalty (Gulrajani et al., eq. 3)."""
    critic, made = run.model.critic, _made(run, batch)
    shares = torch.from_numpy(rng.random((len(made), 1, 1, 1), np.float32))
    mixed = torch.lerp(made, batch.pictures, shares).requires_grad_()
    slopes = squared_slopes(critic(mixed, batch.conditions), mixed).add(SMALLEST_SLOPE**2).sqrt()
    distance = critic(batch.pictures, batch.conditions).mean() - critic(made, batch.conditions).mean()
    return PENALTY_WEIGHT * ((slopes - 1) ** 2).mean() - distance


def worth(run: Run, batch: Batch, _rng: np.random.Generator) -> Tensor:
    """Return the critic's mean score of made pictures, negated."""
    return -_made_scores(run, batch).mean()


def surprise(_run: Run, output: Tensor, target: Tensor) -> Tensor:
    """Return a Bernoulli decoder's cross-entropy, in nats a picture (Kingma and Welling 2014, appendix C.1)."""
    unsure = output.clamp(SUREST, 1 - SUREST)
    return -(target * unsure.log() + (1 - target) * (1 - unsure).log()).sum() / len(target)


CROSS_ENTROPY = Contest(telling_apart, passing_for_real)
WASSERSTEIN = Contest(earth_movers, worth, generator_every=CRITIC_STEPS)
PLAIN_BOUND = Bound(surprise, divergence_weight=1.0)


@torch.no_grad()
def _made(run: Run, batch: Batch) -> Tensor:
    """The pictures that the generator makes, to be learnt from by the critic alone."""
    made: Tensor = run.model.generator(inputs(batch))
    return made


def _made_scores(run: Run, batch: Batch) -> Tensor:
    """What the critic thinks of made pictures, [N]."""
    score: Tensor = run.model.critic(run.model.generator(inputs(batch)), batch.conditions)
    return score
