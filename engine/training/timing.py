"""How long a model takes for one common photo on this machine's CPU."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine.pixels.inpainting import fill_holes
from engine.training.data import Pixels
from engine.training.inference import Network
from engine.training.measures.inpaint import network_fill

HEIGHT_PX, WIDTH_PX = 400, 536
REPEATS = 15


@dataclass(frozen=True)
class Timing:
    """Milliseconds per photo of 400 × 536 pixels: the best and the median of `REPEATS` runs."""

    best_ms: float
    median_ms: float


def time_photo(network: Network) -> Timing:
    """Time ``network`` on one photo, from uint8 to uint8; the best run says most when others use the machine too.

    A network that fills holes is timed with its operation: one hole of 100 × 100 pixels, texture included. One that
    makes pictures is given one vector instead of a photo.
    """
    photo = np.random.default_rng(0).integers(0, 256, (HEIGHT_PX, WIDTH_PX, 3)).astype(np.uint8)
    _work(network, photo)
    spent = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        _work(network, photo)
        spent.append(1000 * (time.perf_counter() - started))
    return Timing(round(min(spent), 1), round(statistics.median(spent), 1))


def cpu_ms_per_megapixel(networks: Mapping[str, Network]) -> dict[str, float]:
    """Return what a megapixel costs each network in CPU time, the best of `REPEATS` photos taken in turns."""
    photo = np.random.default_rng(0).integers(0, 256, (HEIGHT_PX, WIDTH_PX, 3)).astype(np.uint8)
    spent: dict[str, list[float]] = {name: [] for name in networks}
    for _ in range(REPEATS):
        for name, network in networks.items():
            started = time.process_time()
            network.apply(photo)
            spent[name].append(time.process_time() - started)
    return {name: 1000 * min(times) / (photo.shape[0] * photo.shape[1] / 1e6) for name, times in spent.items()}


def _work(network: Network, photo: Pixels) -> None:
    unit = network.card[network.card["kind"]]
    if network.card["kind"] == "latent":
        network.run(np.zeros((1, unit["length"]), np.float32))
    elif network.card["model"] == "inpaint":
        hole = np.zeros(photo.shape[:2], np.bool_)
        hole[150:250, 200:300] = True
        fill_holes(photo, hole, network_fill(network))
    elif unit.get("output") == "matte":
        network.predict_matte(photo)
    elif unit.get("output") == "vector":
        network.predict_vector(photo)
    else:
        network.apply(photo if unit.get("channels_in", 3) == 3 else np.dstack([photo, photo[..., 0]]))
