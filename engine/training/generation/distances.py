"""How near made pictures are to real ones, on the features [N,F] that a classifier sees in them. NumPy alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.floating]

NEIGHBOURS = 3
"""How far one picture's surroundings reach: to its third nearest other one (Kynkäänniemi et al. 2019)."""


def frechet_distance(first: Features, second: Features) -> float:
    """Return the Fréchet distance of the Gaussians fitted to two sets of features (Heusel et al. 2017).

    Known as FID where the features are Inception's; here they are our classifier's, so the numbers compare with each
    other only. Raises ValueError for fewer than two pictures.
    """
    (mean1, covariance1), (mean2, covariance2) = _gaussian(first), _gaussian(second)
    root = _root(covariance1)
    crossed = np.linalg.eigvalsh(root @ covariance2 @ root)
    shared = np.sqrt(np.maximum(crossed, 0)).sum()
    distance = ((mean1 - mean2) ** 2).sum() + np.trace(covariance1) + np.trace(covariance2) - 2 * shared
    return float(max(distance, 0.0))


def kernel_distance(first: Features, second: Features) -> float:
    """Return the squared maximum mean discrepancy under (x·y/F + 1)³, unbiased (KID, Bińkowski et al. 2018)."""
    size, others = len(first), len(second)
    within1, within2, across = (_kernel(a, b) for a, b in ((first, first), (second, second), (first, second)))
    inner1 = (within1.sum() - np.trace(within1)) / (size * (size - 1))
    inner2 = (within2.sum() - np.trace(within2)) / (others * (others - 1))
    return float(inner1 + inner2 - 2 * across.mean())


def precision_and_recall(real: Features, made: Features, neighbours: int = NEIGHBOURS) -> tuple[float, float]:
    """Return the share of made pictures among real ones, and of real ones among made (Kynkäänniemi et al. 2019).

    A picture is among others if it lies within the distance from one of them to its ``neighbours``-th nearest: in each
    set there must be one more than that.
    """
    real_radius, made_radius = _radii(real, neighbours), _radii(made, neighbours)
    between = _squared_distances(real, made)
    return float((between <= real_radius[:, None]).any(axis=0).mean()), float(
        (between <= made_radius[None, :]).any(axis=1).mean()
    )


def score_of_classes(probabilities: Features) -> float:
    """Return exp of the mean divergence of each picture's classes [N,K] from all pictures' (Salimans et al. 2016)."""
    sure = np.clip(probabilities, 1e-12, 1)
    return float(np.exp((sure * (np.log(sure) - np.log(sure.mean(axis=0)))).sum(axis=1).mean()))


def diversity(features: Features, groups: NDArray[np.integer]) -> float:
    """Return how far two pictures of one group [N] lie apart, on average over all such pairs.

    Groups are what was asked for: a generator that makes one picture of each category is not diverse. Raises
    ValueError where no group has two pictures.
    """
    apart = np.sqrt(_squared_distances(features, features))
    pairs = (groups[:, None] == groups[None, :]) & ~np.eye(len(groups), dtype=bool)
    if not pairs.any():
        raise ValueError(f"diversity needs two pictures of one group, got {len(groups)} groups of one")
    return float(apart[pairs].mean())


def nearest(of: Features, among: Features, count: int) -> NDArray[np.intp]:
    """Return, for each row of the first, the ``count`` rows of the second next to it, the nearest first, [N,count]."""
    return np.asarray(_squared_distances(of, among).argsort(axis=1, kind="stable")[:, :count])


def to_nearest(of: Features, among: Features) -> Features:
    """Return the distance [N] of each of the first set's rows to the nearest row of the second."""
    return np.asarray(np.sqrt(_squared_distances(of, among).min(axis=1)))


def _gaussian(features: Features) -> tuple[Features, Features]:
    if len(features) < 2:
        raise ValueError(f"a distance between sets needs two pictures in each at least, got {len(features)}")
    return features.mean(axis=0), np.cov(features, rowvar=False)


def _root(covariance: Features) -> Features:
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T)


def _kernel(first: Features, second: Features) -> Features:
    return np.asarray((first @ second.T / first.shape[1] + 1) ** 3)


def _squared_distances(first: Features, second: Features) -> Features:
    squares = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1)[None, :]
    return np.asarray(np.maximum(squares - 2 * first @ second.T, 0))


def _radii(features: Features, neighbours: int) -> Features:
    """The squared distance of each row to its ``neighbours``-th nearest other row."""
    return np.asarray(np.partition(_squared_distances(features, features), neighbours, axis=1)[:, neighbours])
