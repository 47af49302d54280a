"""How long a model takes for one common photo on this machine's CPU."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

import numpy as np

from engine.training.inference import Network

HEIGHT_PX, WIDTH_PX = 400, 536
REPEATS = 15


@dataclass(frozen=True)
class Timing:
    """Milliseconds per photo of 400 × 536 pixels: the best and the median of `REPEATS` runs."""

    best_ms: float
    median_ms: float


def time_photo(network: Network) -> Timing:
    """Time ``network`` on one photo, from uint8 to uint8; the best run says most when others use the machine too."""
    photo = np.random.default_rng(0).integers(0, 256, (HEIGHT_PX, WIDTH_PX, 3)).astype(np.uint8)
    network.apply(photo)
    spent = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        network.apply(photo)
        spent.append(1000 * (time.perf_counter() - started))
    return Timing(round(min(spent), 1), round(statistics.median(spent), 1))
