"""Which of many candidates are better, by scores whose scales cannot be compared. Knows no picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray


def qualities(scores: Sequence[Mapping[str, float]], weights: Mapping[str, float]) -> list[float]:
    """Return for each candidate what share of the others it beats, 0 to 1: the weighted mean over its scores.

    Borda's count (1781), which asks of a score nothing but its order: a critic's has neither scale nor zero. A tie is
    half a win. Scores without a weight do not count; where none counts, or there is no other, all have 0.5.
    """
    counted = [name for name in weights if scores and name in scores[0] and weights[name] > 0]
    if not counted:
        return [0.5] * len(scores)
    shares = [_share_beaten(np.array([own[name] for own in scores], np.float64)) for name in counted]
    mean = np.average(np.stack(shares), axis=0, weights=[weights[name] for name in counted])
    return [float(value) for value in mean]


def _share_beaten(values: NDArray[np.float64]) -> NDArray[np.float64]:
    if len(values) == 1:
        return np.array([0.5])
    wins = (values[:, None] > values[None]).sum(axis=1) + (values[:, None] == values[None]).sum(axis=1) / 2 - 0.5
    return np.asarray(wins / (len(values) - 1))
