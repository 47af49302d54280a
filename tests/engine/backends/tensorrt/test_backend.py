"""The whole backend: photos in, photos out, everything given back. On the stand-ins, and what a GPU can show on one."""

from __future__ import annotations

import ctypes
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import pytest

from engine.batching.units import Ticket
from engine.cards import load_cards
from engine.cuda.gpu import Gpu
from engine.engine import Engine
from engine.errors import BackendUnavailable, WeightsError
from engine.pixels.noise import with_noise_level
from engine.settings import EngineSettings
from tests.engine.conftest import WEIGHTS
from tests.engine.cuda.conftest import loaded_stand_in, place, require, require_nothing_left, shim_image, stand_in
from tests.engine.cuda.standin import StandIn

__all__ = ["loaded_stand_in", "place", "stand_in"]  # fixtures

SAMPLES = sorted((Path(__file__).parents[4] / "docs" / "samples").glob("*.jpg"))
HostFunction = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


@pytest.fixture
def device(stand_in: StandIn, tensorrt: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """A machine with a GPU: networks run as host functions of the driver's streams, kernels on the CPU."""
    from engine.cuda.driver import Cuda

    driver = ctypes.CDLL("libcuda.so.1")
    driver.cuLaunchHostFunc.argtypes = (ctypes.c_void_p, HostFunction, ctypes.c_void_p)
    kept: list[Any] = []

    def enqueue_on(stream: int, run: Callable[[], None]) -> None:
        kept.append(HostFunction(lambda _: run()))
        assert driver.cuLaunchHostFunc(stream, kept[-1], None) == 0

    tensorrt.behaviour.enqueue_on = enqueue_on
    monkeypatch.setattr(Gpu, "open", classmethod(lambda cls, index, _: cls(Cuda(index), shim_image)))
    yield stand_in
    require_nothing_left(stand_in)


@pytest.fixture
def any_device(place: str, request: pytest.FixtureRequest) -> None:
    """The stand-ins, or this machine's GPU with the TensorRT that is installed."""
    if place == "stand-in":
        request.getfixturevalue("device")
    else:
        pytest.importorskip("tensorrt", reason="TensorRT is not installed beside the GPU")


@pytest.fixture
def settings(tmp_path: Path) -> EngineSettings:
    return EngineSettings(
        backend="tensorrt", plans_dir=tmp_path / "plans", precision="fp32", max_batch_size=2, weights_dir=WEIGHTS
    )


def with_weights(settings: EngineSettings, folder: Path, **changes: Any) -> EngineSettings:
    return replace(settings, weights_dir=folder, **changes)


@pytest.fixture
def mirror(settings: EngineSettings, weights_of: Callable[..., Path], onnx_of: Callable[..., bytes]) -> EngineSettings:
    """Settings whose one model returns what it is given."""
    return with_weights(settings, weights_of(onnx_of(["Relu"])))


def test_photos_of_many_sizes_come_out_whole(
    any_device: None, mirror: EngineSettings, photo_of: Callable[..., np.ndarray]
) -> None:
    photos = [photo_of(*size, seed) for seed, size in enumerate([(41, 29), (1, 1), (640, 300), (16, 900), (128, 128)])]
    with Engine.start(mirror) as engine:
        futures = [engine.submit("mirror", photo, Ticket(tenant=str(at % 2))) for at, photo in enumerate(photos)]
        for photo, future in zip(photos, futures, strict=True):
            np.testing.assert_array_equal(future.result().output, photo)
        description = engine.describe()
    assert description["backend"] == "tensorrt"
    assert description["runtime"].startswith("TensorRT 1")
    assert description["plans"]["mirror"]["precision"] == "fp32"
    assert len(description["plans"]["mirror"]["sha256"]) == 64


def test_latents_become_onnx_runtimes_pictures_whoever_shares_their_batch(
    any_device: None, settings: EngineSettings, generator_dir: Path, vectors_of: Callable[..., np.ndarray]
) -> None:
    jobs = [vectors_of(count, 7, count) for count in (1, 3, 2)]
    answers = []
    for backend in ("onnxruntime", "tensorrt"):
        with Engine.start(with_weights(settings, generator_dir, backend=backend)) as engine:
            alone = [engine.submit_latents("mirror", job, Ticket(alone=True)).result().output for job in jobs]
            futures = [engine.submit_latents("mirror", job, Ticket(str(at))) for at, job in enumerate(jobs)]
            for future, wanted in zip(futures, alone, strict=True):
                np.testing.assert_array_equal(future.result().output, wanted)
        answers.append(np.concatenate(alone))
    assert np.abs(answers[0].astype(int) - answers[1]).max() <= 1
    assert answers[0].std() > 10


def test_every_batch_size_is_run_before_the_first_photo(
    device: StandIn, mirror: EngineSettings, tensorrt: ModuleType
) -> None:
    Engine.start(mirror).close()
    lanes = {shape[2:] for shape in tensorrt.behaviour.runs}
    assert len(lanes) == 4
    assert {(shape[0], shape[2:]) for shape in tensorrt.behaviour.runs} == {(n, lane) for n in (1, 2) for lane in lanes}


def test_a_stream_that_runs_late_changes_nothing(
    device: StandIn, mirror: EngineSettings, photo_of: Callable[..., np.ndarray]
) -> None:
    device.reset(seed=7)
    photo = photo_of(600, 333)
    with Engine.start(mirror) as engine:
        np.testing.assert_array_equal(engine.submit("mirror", photo).result().output, photo)


def test_the_second_start_loads_the_plan_and_builds_none(
    device: StandIn, mirror: EngineSettings, tensorrt: ModuleType
) -> None:
    for _ in range(2):
        Engine.start(mirror).close()
    assert len(tensorrt.behaviour.built) == 1
    assert len(set(tensorrt.behaviour.deserialised)) == 1


def test_an_altered_plan_is_never_given_to_tensorrt(
    device: StandIn, mirror: EngineSettings, tensorrt: ModuleType
) -> None:
    Engine.start(mirror).close()
    (plan,) = mirror.plans_dir.glob("*.plan")
    good = plan.read_bytes()
    plan.write_bytes(good + b"evil")
    Engine.start(mirror).close()
    assert tensorrt.behaviour.deserialised == [good, good]
    assert len(tensorrt.behaviour.built) == 2


def test_a_model_that_tensorrt_cannot_read_stops_the_start_with_every_reason(
    device: StandIn, mirror: EngineSettings, tensorrt: ModuleType
) -> None:
    tensorrt.behaviour.parser_errors = [("Foo", "first", "no such operator"), ("Bar", "second", "no such type")]
    with pytest.raises(WeightsError, match=r"Foo 'first': no such operator; Bar 'second': no such type"):
        Engine.start(mirror)


def test_a_device_without_memory_for_large_batches_serves_smaller_ones(
    device: StandIn, mirror: EngineSettings, photo_of: Callable[..., np.ndarray]
) -> None:
    device.reset(memory_bytes=24 << 20)  # a slot in fp32 takes 16 MB, input and output together
    photo = photo_of(100, 100)
    with Engine.start(mirror) as engine:
        assert engine.describe()["models"]["mirror"]["batch_sizes"] == [1]
        np.testing.assert_array_equal(engine.submit("mirror", photo).result().output, photo)


def test_a_driver_without_that_device_is_told(device: StandIn, mirror: EngineSettings) -> None:
    with pytest.raises(BackendUnavailable, match="CUDA device 3 cannot be opened"):
        Engine.start(with_weights(mirror, mirror.weights_dir, gpu=3))


@pytest.mark.timeout(900)  # a GPU builds the plans first
def test_our_models_answer_as_on_the_cpu_within_one_level(
    any_device: None, settings: EngineSettings, tmp_path: Path
) -> None:
    require("onnx")
    weights = tmp_path / "ours"
    for name in ("relight", "restore"):
        folder = load_cards(WEIGHTS)[name].folder
        shutil.copytree(folder, weights / folder.name)
    photo = cv2.cvtColor(cv2.imread(str(SAMPLES[0])), cv2.COLOR_BGR2RGB)[:330, :250].copy()
    chosen = with_weights(settings, weights, precision="auto", max_batch_size=1)
    cpu = with_weights(settings, weights, backend="onnxruntime", precision="fp32", threads=1)
    answers = []
    for each in (chosen, cpu):
        with Engine.start(each) as engine:
            asked = (("relight", photo), ("restore", with_noise_level(photo)))
            answers.append([engine.submit(model, shown).result().output for model, shown in asked])
    (table, restored), (expected_table, expected) = answers
    assert np.abs(table - expected_table).max() * 255 < 0.1  # both fp32; the frame is averaged in another order
    assert np.abs(restored.astype(int) - expected.astype(int)).max() <= 1
