"""The whole engine on the torch backend: on the stand-in driver, where torch computes on the CPU, and on a GPU."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks.gpu.mixed_traffic import OpenedByThread
from engine import Engine, EngineSettings, Ticket
from engine.backends.torch.backend import TorchBackend
from engine.batching.lanes import Lane
from engine.batching.units import Result
from engine.cards import load_cards
from engine.cuda.executor import make_executor
from engine.cuda.gpu import Gpu
from tests.engine.backends.torch.test_weights import CARDS, ROOT, largest_of
from tests.engine.cuda import conftest as cuda
from tests.engine.cuda.conftest import loaded_stand_in, open_gpu, place, stand_in  # noqa: F401  (fixtures)

SIZES = [(50, 71), (37, 40), (90, 23), (1, 1)]


def photos_for(model: str) -> list[np.ndarray]:
    """The photos; with a fourth channel, their own green, for a model that takes four."""
    return [photo if CARDS[model].channels_in == 3 else photo[..., [0, 1, 2, 1]] for photo in photos()]


def submitted(engine: Engine, model: str) -> list[Future[Result]]:
    """The photos' answers; of a model that takes none, the pictures of a few vectors."""
    latent = CARDS[model].latent
    if latent is None:
        return [engine.submit(model, photo) for photo in photos_for(model)]
    vectors = np.random.default_rng(1).standard_normal((5, latent.length), np.float32)
    return [engine.submit_latents(model, vectors[part]) for part in (slice(3), slice(3, 5))]


def photos() -> list[np.ndarray]:
    with Image.open(sorted((ROOT / "docs" / "samples").glob("*.jpg"))[-1]) as file:
        sample = np.asarray(file.convert("RGB"))
    return [sample[80 : 80 + height, 40 : 40 + width].copy() for height, width in SIZES]


@pytest.fixture(scope="module")
def expected() -> dict[str, list[np.ndarray]]:
    with Engine.start(EngineSettings(backend="onnxruntime", precision="fp32"), cards=CARDS) as engine:
        futures = {model: submitted(engine, model) for model in CARDS}
        return {model: [future.result().output for future in those] for model, those in futures.items()}


@pytest.fixture
def start(
    open_gpu: Callable[[], Gpu],  # noqa: F811
    place: str,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[[str], Engine]]:
    """Starts an engine in a precision with the models named; the device must be given back whole."""
    engines: list[Engine] = []

    def make(precision: str, *models: str) -> Engine:
        cards = {model: CARDS[model] for model in models}
        device = torch.device("cuda", 0) if place == "gpu" else torch.device("cpu")
        backend = OpenedByThread(lambda: TorchBackend(open_gpu(), device, precision))
        engines.append(Engine.start(EngineSettings(max_wait_ms=50), lambda _: None, backend=backend, cards=cards))
        return engines[-1]

    lanes = Lane(96, 160), Lane(128, 112)  # small: the kernels may run on a CPU
    monkeypatch.setattr("engine.cuda.tile_executor.gpu_lanes", lambda _: lanes)
    monkeypatch.setattr("engine.backends.torch.backend.make_executor", partial(make_executor, batch_sizes=(1, 2)))
    yield make
    for engine in engines:
        engine.close()
    if place == "stand-in":
        cuda.require_nothing_left(cuda._loaded[0])


@pytest.mark.parametrize(
    ("precision", "models", "taken"),
    [
        ("fp32", tuple(sorted(CARDS)), "fp32"),
        ("auto", ("restore",), "fp16"),  # one alone: a CPU is slow at float16
        ("fp16", ("cutout-edges",), "fp32"),
    ],
)
def test_pictures_are_those_of_onnx_runtime_within_one_code_value(start, expected, precision, models, taken):
    engine = start(precision, *models)
    assert {facts["precision"] for facts in engine.describe()["models"].values()} == {taken}
    futures = {model: submitted(engine, model) for model in models}
    for model, those in futures.items():
        for future, wanted in zip(those, expected[model], strict=True):
            tolerance = 1e-4 * largest_of(wanted) if CARDS[model].frame else 1
            received = future.result(100).output
            assert (received.shape, received.dtype) == (wanted.shape, wanted.dtype)
            assert np.abs(received.astype(np.float64) - wanted).max() <= tolerance


def test_alone_equals_among_strangers_within_one_code_value(start):
    engine = start("fp32", "restore")
    alone = [engine.submit("restore", photo, Ticket(alone=True)).result(100).output for photo in photos_for("restore")]
    together = [engine.submit("restore", photo) for photo in photos_for("restore")]
    for future, wanted in zip(together, alone, strict=True):
        assert np.abs(future.result(100).output.astype(int) - wanted).max() <= 1


def test_latents_become_onnx_runtimes_pictures_whoever_shares_their_batch(
    start, generator_dir, vectors_of, monkeypatch
):
    monkeypatch.setitem(CARDS, "mirror", load_cards(generator_dir)["mirror"])
    with Engine.start(EngineSettings(backend="onnxruntime"), cards={"mirror": CARDS["mirror"]}) as engine:
        expected = engine.submit_latents("mirror", vectors_of(5, 7)).result(100).output
    engine = start("auto", "mirror")
    assert engine.describe()["models"]["mirror"]["precision"] == "fp32"
    vectors = vectors_of(5, 7)
    alone = engine.submit_latents("mirror", vectors, Ticket(alone=True)).result(100).output
    futures = [engine.submit_latents("mirror", vectors[part], Ticket(str(part))) for part in (slice(3), slice(3, 5))]
    np.testing.assert_array_equal(np.concatenate([future.result(100).output for future in futures]), alone)
    assert np.abs(alone.astype(int) - expected).max() <= 1
    assert expected.std() > 10


def test_the_engine_tells_of_torch_and_of_its_device(start):
    told = start("fp32", "relight").describe()
    assert told["backend"] == "torch"
    assert told["runtime"].startswith(f"torch {torch.__version__}")
    assert told["device"]
    assert told["architecture"].startswith("sm_")
