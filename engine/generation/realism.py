"""How near a made picture lies to real ones, on the features that some classifier sees in them. Knows no classifier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.images import Floats

_TINY = 1e-12


@dataclass(frozen=True)
class RealPictures:
    """The features of real pictures, and how far around each of them others of its kind lie."""

    features: NDArray[np.float64]  # [N,F]
    radius: NDArray[np.float64]  # [N]: the distance to the k-th nearest other one

    @classmethod
    def of(cls, features: Floats, neighbours: int = 3) -> RealPictures:
        """Return what is remembered of the features [N,F] of real pictures, N > `neighbours`.

        As in Kynkäänniemi et al., "Improved Precision and Recall Metric" (2019, section 5), the half of them with the
        larger radii is left out: far from all others, they would let anything near them pass. Raises ValueError for
        fewer pictures.
        """
        if features.ndim != 2 or len(features) <= neighbours or neighbours < 1:
            shape = list(features.shape)
            raise ValueError(
                f"features [N,F] of more pictures than neighbours are needed, got {shape}, {neighbours} neighbours"
            )
        exact = np.asarray(features, np.float64)
        radius = np.partition(_distances(exact, exact), neighbours, axis=1)[:, neighbours]
        kept = np.sort(np.argsort(radius, kind="stable")[: (len(radius) + 1) // 2])
        return cls(exact[kept], radius[kept])

    def realism(self, features: Floats) -> Floats:
        """Return the realism of made pictures [n,F], [n]: their equation 3. From 1 on they are among the real ones."""
        apart = np.maximum(_distances(np.asarray(features, np.float64), self.features), _TINY)
        return np.asarray((self.radius[None] / apart).max(axis=1), np.float32)


def _distances(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Every distance [n,m], row by row, so that none depends on how many rows are asked for together."""
    return np.stack([np.sqrt(((second - row) ** 2).sum(axis=1)) for row in first])
