"""What each CPU backend takes for a photo of 1200x800 px through the engine, in single precision and in INT8.

For a generator, which takes no photo, it is 16 pictures. Backends take turns in one process, and the best round counts.
It needs OpenVINO to say more than half of it: `.venv-backends/bin/python -m benchmarks engine_backends` after `make
test-backends`. The last column holds the answer against ONNX Runtime's in single precision: 255ths of the full range.
"""

import contextlib
import importlib.util
import time
from collections.abc import Mapping
from concurrent.futures import Future
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from benchmarks.photos import large_photo, with_channels
from engine import Engine, EngineSettings
from engine.batching.units import Result
from engine.images import Image

_WIDTH_PX, _HEIGHT_PX = 1200, 800
_ROUNDS = 3
_PICTURES = 16
_BACKENDS = tuple(name for name in ("onnxruntime", "openvino") if importlib.util.find_spec(name))
_PRECISIONS = ("fp32", "int8")


class _Side(NamedTuple):
    backend: str
    precision: str


class _Turn(NamedTuple):
    cpu_s: float
    wall_s: float
    answer: NDArray[np.generic]


def measure(_folder: Path) -> list[dict[str, float | str]]:
    """One row for each model, precision and backend."""
    with Pillow.open(BytesIO(large_photo(_WIDTH_PX, _HEIGHT_PX))) as opened:
        photo = np.asarray(opened.convert("RGB"))
    sides = [_Side(backend, precision) for precision in _PRECISIONS for backend in _BACKENDS]
    with contextlib.ExitStack() as open_engines:
        engines = {side: open_engines.enter_context(_engine(side)) for side in sides}
        return [row for model in engines[sides[0]].models for row in _compare(engines, model, photo)]


def _engine(side: _Side) -> Engine:
    return Engine.start(EngineSettings(backend=side.backend, precision=side.precision))


def _compare(engines: Mapping[_Side, Engine], model: str, photo: Image) -> list[dict[str, float | str]]:
    able = {side: engine for side, engine in engines.items() if engine.models[model].onnx.precision == side.precision}
    rounds = [{side: _run(engine, model, photo) for side, engine in able.items()} for _ in range(_ROUNDS)]
    reference = next(iter(rounds[0].values())).answer
    latent = engines[next(iter(able))].models[model].latent
    megapixels = (photo.size / 3 if latent is None else _PICTURES * latent.pixels) / 1e6
    return [
        {
            "model": model,
            "precision": side.precision,
            "backend": side.backend,
            "cpu_ms_per_mp": 1000 * min(turns[side].cpu_s for turns in rounds) / megapixels,
            "wall_ms_per_mp": 1000 * min(turns[side].wall_s for turns in rounds) / megapixels,
            "largest_difference": _difference(rounds[0][side].answer, reference),
        }
        for side in able
    ]


def _run(engine: Engine, model: str, photo: Image) -> _Turn:
    cpu, wall = time.process_time(), time.perf_counter()
    answer = _asked(engine, model, photo).result().output
    return _Turn(time.process_time() - cpu, time.perf_counter() - wall, answer)


def _asked(engine: Engine, model: str, photo: Image) -> Future[Result]:
    card = engine.models[model]
    if card.latent is None:
        return engine.submit(model, with_channels(photo, card.channels_in))
    vectors = np.random.default_rng(0).standard_normal((_PICTURES, card.latent.length), np.float32)
    return engine.submit_latents(model, vectors)


def _difference(answer: NDArray[np.generic], reference: NDArray[np.generic]) -> float:
    largest = float(np.abs(answer.astype(np.float32) - reference.astype(np.float32)).max())
    return largest if answer.dtype == np.uint8 else 255 * largest
