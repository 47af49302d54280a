"""Megapixels a second through the engine beside the bare network; the share is by CPU time, to be fair under load."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.photos import with_channels
from engine import Card, Engine, EngineSettings
from engine.backends.cpu_executors import TileExecutor
from engine.backends.onnxruntime import OnnxRuntimeBackend
from engine.backends.tile_batches import pack_units
from engine.batching.cutting import Box
from engine.batching.units import Unit
from engine.images import Image

_SIZES = [(160, 240), (536, 400), (300, 300), (97, 411), (720, 540)]
_ROUNDS = 2


class _Rate(NamedTuple):
    wall: float
    cpu: float


def measure(_folder: Path) -> list[dict[str, float]]:
    """One row for each tile model, named by its ``scale``: source megapixels a second through the engine and bare.

    Engine: photos of mixed sizes (0.8 megapixels together) submitted at once; pack, batch, run, unpack, futures. Bare:
    the network alone over ready-made full tiles in its largest batch, counted without halos, which are no picture.
    """
    photos = [np.random.default_rng(index).integers(0, 256, (*size, 3), np.uint8) for index, size in enumerate(_SIZES)]
    with Engine.start(EngineSettings(backend="onnxruntime")) as engine:
        return [_measure_model(engine, card, photos) for card in engine.models.values() if card.tile]


def _measure_model(engine: Engine, card: Card, photos: Sequence[Image]) -> dict[str, float]:
    """Rounds of both sides alternate, and the best of each counts."""
    assert card.tile is not None
    bare = _bare_round(card)
    rounds = [(_through_engine(engine, card, photos), bare()) for _ in range(_ROUNDS)]
    wall, cpu = ([max(getattr(pair[side], clock) for pair in rounds) for side in (0, 1)] for clock in ("wall", "cpu"))
    return {"scale": card.tile.scale, "engine_mp_s": wall[0], "bare_mp_s": wall[1], "share": cpu[0] / cpu[1]}


def _through_engine(engine: Engine, card: Card, photos: Sequence[Image]) -> _Rate:
    def run() -> None:
        for future in [engine.submit(card.model, photo) for photo in shown]:
            future.result()

    shown = [with_channels(photo, card.channels_in) for photo in photos]
    return _rate(run, sum(photo.shape[0] * photo.shape[1] for photo in photos))


def _bare_round(card: Card) -> Callable[[], _Rate]:
    """Make a batch of full tiles once; each call runs the network over it."""
    assert card.tile is not None
    executor = OnnxRuntimeBackend().load(card)
    assert isinstance(executor, TileExecutor)
    size, side = executor.batch_sizes[-1], executor.lanes[0].width_px
    core = side - 2 * card.tile.halo_px
    grey = np.zeros((core, core * size, card.channels_in), np.uint8)
    units = [Unit(grey, grey, Box(0, core * index, core, core)) for index in range(size)]
    batch = pack_units(units, card.tile, (side, side))
    answer = (size, card.tile.channels_out, card.tile.scale * side, card.tile.scale * side)
    runs = 2

    def run() -> None:
        for _ in range(runs):
            executor.network.run(batch, answer)

    return lambda: _rate(run, runs * size * core * core)


def _rate(run: Callable[[], None], pixels: int) -> _Rate:
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    return _Rate(pixels / 1e6 / (time.perf_counter() - wall), pixels / 1e6 / (time.process_time() - cpu))
