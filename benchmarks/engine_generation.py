"""New pictures on the CPU: 64 of them asked for in one job and in others, beside the bare generator.

A job is the operation `generate` without a service around it: an empty wish, twice as many candidates as pictures, more
where they are poor, each looked at by critic and classifier, the best described; at the generator's own 128 px but for
the row that says otherwise. `scoring_share` is the jobs' own share of the CPU time: all but the networks. Bare is the
generator's network in ONNX Runtime with all threads, 128 vectors in batches of the size given; `engine` is the same
vectors through `Engine.submit_latents`. `beside_one_job` and `beside_batch_1` are pictures a second by those of the row
that is named; all sides take turns, and the best round of each counts.
"""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnxruntime

from engine import Engine, EngineSettings, Ticket
from engine.backends.cpus import usable_cpus
from engine.backends.onnxruntime import session_options
from engine.cards import Card, read_model
from engine.images import Floats
from jobs.spec import Generate
from worker.operations.context import OperationContext
from worker.operations.generate import generate

_PICTURES = 64
_VECTORS = 128
_BATCHES = (1, 2, 4, 8, 16)
_ROUNDS = 2


class _Turn(NamedTuple):
    wall_s: float
    cpu_s: float
    scoring_s: float


_Side = Callable[[], float]
"""Does its work and returns the CPU seconds that its jobs' own threads took."""


def measure(_folder: Path) -> dict[str, list[dict[str, float | str]]]:
    """Both tables, by title; a row for each way to ask."""
    with Engine.start(EngineSettings(backend="onnxruntime")) as engine:
        jobs: dict[str, _Side] = {
            "one job of 64": partial(_jobs, engine, 1),
            "64 jobs of one, one after another": partial(_one_after_another, engine),
            "4 jobs of 16 at once": partial(_jobs, engine, 4),
            "8 jobs of 8 at once": partial(_jobs, engine, 8),
            "one job of 64, enlarged to 512 px": partial(_jobs, engine, 1, 512),
        }
        pictures, networks = _turns(jobs), _turns(_networks(engine))
    scoring = {name: {"scoring_share": turn.scoring_s / turn.cpu_s} for name, turn in pictures.items()}
    first, bare = next(iter(pictures.values())), next(iter(networks.values()))
    return {
        "64 pictures": [
            {**_row(name, turn, _PICTURES), **scoring[name], "beside_one_job": first.wall_s / turn.wall_s}
            for name, turn in pictures.items()
        ],
        "The generator alone": [
            {**_row(name, turn, _VECTORS), "beside_batch_1": bare.wall_s / turn.wall_s}
            for name, turn in networks.items()
        ],
    }


def _row(name: str, turn: _Turn, pictures: int) -> dict[str, float | str]:
    return {
        "asked": name,
        "pictures_per_s": pictures / turn.wall_s,
        "cpu_ms_per_picture": 1000 * turn.cpu_s / pictures,
    }


def _turns(sides: Mapping[str, _Side]) -> dict[str, _Turn]:
    rounds = [{name: _timed(side) for name, side in sides.items()} for _ in range(_ROUNDS)]
    return {name: min((turns[name] for turns in rounds), key=lambda turn: turn.wall_s) for name in sides}


def _timed(side: _Side) -> _Turn:
    wall, cpu = time.perf_counter(), time.process_time()
    scoring_s = side()
    return _Turn(time.perf_counter() - wall, time.process_time() - cpu, scoring_s)


def _jobs(engine: Engine, jobs: int, size_px: int = 128) -> float:
    """So many jobs at once, the pictures shared out among them."""
    with ThreadPoolExecutor(jobs) as pool:
        return sum(pool.map(lambda seed: _job(engine, _PICTURES // jobs, seed, size_px), range(jobs)))


def _one_after_another(engine: Engine) -> float:
    return sum(_job(engine, 1, seed, 128) for seed in range(_PICTURES))


def _job(engine: Engine, count: int, seed: int, size_px: int) -> float:
    begun = time.thread_time()
    context = OperationContext(engine, Ticket(str(seed)), lambda: None, seed=seed)
    pictures = generate(None, Generate(op="generate", count=count, size_px=size_px), context)
    assert len(pictures) == count
    return time.thread_time() - begun


def _networks(engine: Engine) -> dict[str, _Side]:
    card = engine.models["generator"]
    assert card.latent is not None
    vectors = np.random.default_rng(0).standard_normal((_VECTORS, card.latent.length), np.float32)
    sides: dict[str, _Side] = {f"bare, batch {size}": _bare(card, vectors, size) for size in _BATCHES}
    return sides | {"engine": partial(_through_engine, engine, vectors)}


def _through_engine(engine: Engine, vectors: Floats) -> float:
    engine.submit_latents("generator", vectors).result()
    return 0.0


def _bare(card: Card, vectors: Floats, size: int) -> _Side:
    options = session_options(usable_cpus())
    session = onnxruntime.InferenceSession(read_model(card), options, providers=["CPUExecutionProvider"])

    def run() -> float:
        for start in range(0, len(vectors), size):
            session.run([card.onnx.output], {card.onnx.input: vectors[start : start + size]})
        return 0.0

    return run
