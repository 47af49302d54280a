"""How unlike the catalogue a product is: what the networks make of its picture. Knows them only as callables."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.generation.condition import generator_vectors
from engine.generation.facts import Facts
from engine.generation.jury import Seen
from engine.generation.networks import Ask
from engine.images import Floats, Image

QUANTILES = 101
_TINY = 1e-6

Doubles = NDArray[np.float64]


def strangeness(ask: Ask, facts: Facts, pictures: Image, conditions: Floats) -> Doubles:
    """Return a score for each picture uint8 [n,128,128,3] of its own condition [n,CONDITION_LENGTH], [n].

    The sum of the logarithms of four things that are large where a product is like nothing in the catalogue: how unlike
    it the picture is that comes back through encoder and generator (root mean square of the pixels' differences), how
    unlike in what the classifier sees in both, how far that is from real pictures (`RealPictures`), and how far the
    normal latent lies from the prior's middle (its mean square, which goes with minus the log likelihood). Sums of
    logarithms need no scale; what a score means is told by `Facts.anomaly_quantile`, and ``facts.anomaly`` is not read.
    """
    seen = Seen(ask.classify(pictures), facts.categories).features
    return strangeness_of(ask, facts, pictures, conditions, ask.encode(pictures), seen)


def strangeness_of(ask: Ask, facts: Facts, pictures: Image, conditions: Floats, own: Floats, seen: Floats) -> Doubles:
    """Return the same where the encoder's latents ``own`` [n,LATENT_LENGTH] and the ``seen`` features are known."""
    again = ask.make(generator_vectors(own, conditions))
    seen_again = Seen(ask.classify(again), facts.categories).features
    pixels = ((again / 255.0 - pictures / 255.0) ** 2).mean(axis=(1, 2, 3)) ** 0.5
    features = np.linalg.norm(seen_again.astype(np.float64) - seen, axis=1)
    realism = facts.real.realism(seen).astype(np.float64)
    latents = (facts.normal(own, conditions).astype(np.float64) ** 2).mean(axis=1)
    unlike, unreal = np.log(np.stack([pixels, features, latents]) + _TINY), -np.log(realism + _TINY)
    return np.asarray(unlike.sum(axis=0) + unreal)


def anomaly_quantiles(scores: Doubles) -> Doubles:
    """Return what `Facts.anomaly` keeps of held-out photos' scores [n], n >= 1: `QUANTILES` of them, ascending."""
    return np.asarray(np.quantile(scores, np.linspace(0, 1, QUANTILES)))
