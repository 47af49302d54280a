"""What the engine on a CPU keeps in memory once photos of many sizes went through all its networks, four at a time.

Both sides run in processes of their own, over the same photos in the same order: as Packshot does it, with one arena
for all networks; and as ONNX Runtime does it by itself, with an arena for each session. The answers must have the same
bytes. MiB are the process' own, after the photos that the row tells; seconds are processor time, the system's apart.
"""

import hashlib
import random
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from os import times
from pathlib import Path
from unittest.mock import patch

import numpy as np
import psutil

from benchmarks.child import Figures, run_in_child, tell
from benchmarks.tables import Row
from engine import Engine, EngineSettings
from engine.backends import onnxruntime

_STOPS = (50, 100, 200, 300, 400, 500)
_AT_ONCE = 4
_LEAST_PX, _MOST_PX = 80, 1600
_OF_A_GENERATOR = 6
_SEED = 1
_TOLD = ("mib", "user_s", "system_s")

Order = tuple[str, int, int]
"""A model, and a photo's height and width."""


def measure(_folder: Path) -> list[Row]:
    """A row for each number of photos: MiB and processor time of either side."""
    one, each = (run_in_child("benchmarks.engine_memory", side) for side in ("one", "each"))
    if one.pop("answers") != each.pop("answers"):
        raise RuntimeError("an arena of its own for each network gave other bytes than one for all")
    return [
        {"photos": stop}
        | {f"{side}_{what}": told[f"{what} {stop}"] for side, told in (("one", one), ("each", each)) for what in _TOLD}
        for stop in _STOPS
    ]


def _run() -> Figures:
    """Run all orders; what is told of the answers is a number that follows from all their bytes."""
    figures: dict[str, float] = {}
    digest = hashlib.sha256()
    with Engine.start(EngineSettings(backend="onnxruntime")) as engine, ThreadPoolExecutor(_AT_ONCE) as askers:
        asker, orders = _Asker(engine), _orders(sorted(engine.models))
        for begin, end in pairwise((0, *_STOPS)):
            for told in askers.map(asker.answer, orders[begin:end]):
                digest.update(told)
            figures |= _held(end)
    return figures | {"answers": float(int.from_bytes(digest.digest()[:6]))}


class _Asker:
    """Asks with parts of one picture of noise, or with vectors. Thread-safe."""

    def __init__(self, engine: Engine) -> None:
        noise = np.random.default_rng(_SEED)
        self._engine = engine
        self._picture = noise.integers(0, 256, (_MOST_PX, _MOST_PX, 4), np.uint8)
        self._vectors = {
            name: noise.standard_normal((_OF_A_GENERATOR, card.latent.length), np.float32)
            for name, card in engine.models.items()
            if card.latent
        }

    def answer(self, order: Order) -> bytes:
        """The digest of what the engine answers."""
        model, height, width = order
        if model in self._vectors:
            asked = self._engine.submit_latents(model, self._vectors[model])
        else:
            photo = self._picture[:height, :width, : self._engine.models[model].channels_in]
            asked = self._engine.submit(model, np.ascontiguousarray(photo))
        return hashlib.sha256(asked.result().output.tobytes()).digest()


def _orders(models: Sequence[str]) -> list[Order]:
    """Models by chance, sides spread evenly over the powers of two, half as long where all is enlarged by four."""
    chance, orders = random.Random(_SEED), []
    for _ in range(_STOPS[-1]):
        model = chance.choice(models)
        most = _MOST_PX // 2 if "x4" in model else _MOST_PX
        height, width = (round(_LEAST_PX * (most / _LEAST_PX) ** chance.random()) for _ in range(2))
        orders.append((model, height, width))
    return orders


def _held(photos: int) -> Figures:
    spent = times()
    return {
        f"mib {photos}": psutil.Process().memory_info().rss / 2**20,
        f"user_s {photos}": spent.user,
        f"system_s {photos}": spent.system,
    }


def _without_an_arena_for_all() -> None:
    """Sessions that are to share one, and find none, have one each."""


if __name__ == "__main__":
    if sys.argv[1] == "each":
        with patch.object(onnxruntime, "_share_arena", _without_an_arena_for_all):
            tell(_run())
    else:
        tell(_run())
