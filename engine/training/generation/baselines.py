"""The field's first ways to make pictures, trained as ours are, on the same data: what ours is to be better than.

What is a paper's own:

- ``dcgan``: Adam at 0.0002 with a first beta of 0.5, and weights drawn from a Gaussian of deviation 0.02.
- ``wgan-gp``: Adam at 0.0001 with betas 0 and 0.9, five steps of the critic to one of the generator, a penalty of 10.
- ``plain-gan``: the losses, maxout and dropout. Its Adam is DCGAN's; Goodfellow et al. had momentum alone.
- ``plain-vae``: the bound, with its divergence whole from the first step. Its Adam at 0.001 and its networks, DCGAN's
  halves, are our choice; Kingma and Welling had Adagrad and dense layers.

What is in none of the papers, but in our own trainings too: the linear warm-up, the cosine decay, the clipping of
gradients at a norm of 1.0 and the averaged weights, all of them `Run`'s; 16 pictures a batch, where theirs are of 64
and more, mirrored and recoloured at random; a generator that answers the batch and the noise that its critic has just
learnt from, where theirs draw anew. WGAN-GP's critic goes without any normalisation, where its authors suggest one by
layers. All are conditional by concatenation; see `engine.models.baselines`.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from engine.models.baselines import DeepCritic, DeepEncoder, DeepGenerator, DenseCritic, DenseGenerator
from engine.training.generation.autoencoder import Autoencoder, Batch, Bound
from engine.training.generation.contest import Contest, Made, Rivals, squared_gradient_norms
from engine.training.run import Run, Schedule

GAN_SCHEDULE = Schedule(steps=20000, batch=16, learning_rate=2e-4, validate_every=500, betas=(0.5, 0.999))
WGAN_SCHEDULE = Schedule(steps=50000, batch=16, learning_rate=1e-4, validate_every=1250, betas=(0.0, 0.9))
VAE_SCHEDULE = Schedule(steps=12000, batch=16, learning_rate=1e-3, validate_every=500)
PENALTY_WEIGHT = 10.0
CRITIC_STEPS = 5  # of WGAN-GP's, to one of its generator
SUREST = 1e-6  # as near to 0 or 1 a value may be: its likelihood then costs 14 nats at most
SMALLEST_NORM = 1e-6  # where the square root has a finite gradient still


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


def discriminator_cross_entropy(run: Run, batch: Batch, made: Made, _rng: np.random.Generator) -> Tensor:
    """Return the critic's binary cross-entropy over real and made pictures (Goodfellow et al., eq. 1)."""
    real, fake = _scores(run, batch, batch.pictures), _scores(run, batch, made.pictures)
    return functional.softplus(-real).mean() + functional.softplus(fake).mean()


def non_saturating_loss(run: Run, batch: Batch, made: Made, _rng: np.random.Generator) -> Tensor:
    """Return the generator's cross-entropy where it is wanted to be taken for real (their section 3)."""
    return functional.softplus(-_scores(run, batch, made.pictures)).mean()


def wasserstein_critic_loss(run: Run, batch: Batch, made: Made, rng: np.random.Generator) -> Tensor:
    """Return the critic's estimate of Wasserstein's distance, negated, and the penalty (Gulrajani et al., eq. 3)."""
    shares = torch.from_numpy(rng.random((len(batch.pictures), 1, 1, 1), np.float32)).to(run.device)
    mixed = torch.lerp(made.pictures, batch.pictures, shares).requires_grad_()
    norms = squared_gradient_norms(_scores(run, batch, mixed), mixed).add(SMALLEST_NORM**2).sqrt()
    distance = _scores(run, batch, batch.pictures).mean() - _scores(run, batch, made.pictures).mean()
    return PENALTY_WEIGHT * ((norms - 1) ** 2).mean() - distance


def wasserstein_generator_loss(run: Run, batch: Batch, made: Made, _rng: np.random.Generator) -> Tensor:
    """Return the critic's mean score of made pictures, negated."""
    return -_scores(run, batch, made.pictures).mean()


def bernoulli_nll(_run: Run, output: Tensor, target: Tensor) -> Tensor:
    """Return a Bernoulli decoder's negative log-likelihood, in nats a picture (Kingma and Welling 2014, appendix C.1).

    Values between 0 and 1 count as shares, as is usual: a cross-entropy, which is above zero for a perfect answer too.
    """
    unsure = output.clamp(SUREST, 1 - SUREST)
    return -(target * unsure.log() + (1 - target) * (1 - unsure).log()).sum() / len(target)


CROSS_ENTROPY = Contest(discriminator_cross_entropy, non_saturating_loss)
WASSERSTEIN = Contest(wasserstein_critic_loss, wasserstein_generator_loss, generator_every=CRITIC_STEPS)
PLAIN_BOUND = Bound(bernoulli_nll, divergence_weight=1.0)


def _scores(run: Run, batch: Batch, pictures: Tensor) -> Tensor:
    """What the critic thinks of pictures that are to show a batch's conditions, [N]."""
    scores: Tensor = run.model.critic(pictures, batch.conditions)
    return scores
