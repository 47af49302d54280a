"""What of the backend needs no GPU: its refusals, and which precision a model gets."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch

from engine.backends.select import choose_backend
from engine.backends.torch.backend import TorchBackend, precision_of
from engine.cuda.gpu import Gpu
from engine.errors import BackendUnavailable
from engine.settings import PRECISIONS, EngineSettings
from tests.engine.backends.torch.test_weights import CARDS


@pytest.mark.skipif(torch.version.cuda is not None, reason="this torch was built for CUDA")
def test_a_cpu_build_of_torch_is_refused_and_told_why():
    with pytest.raises(BackendUnavailable, match="built without CUDA: install a CUDA build"):
        choose_backend(EngineSettings(backend="torch"))


def test_a_gpu_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(BackendUnavailable, match="finds no usable GPU"):
        TorchBackend.from_settings(EngineSettings())
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(BackendUnavailable, match="PACKSHOT_GPU: 0 to 1; received 2"):
        TorchBackend.from_settings(EngineSettings(gpu=2))


def test_torch_stays_on_the_gpu_that_is_opened(monkeypatch, tmp_path):
    steps = []
    for name, answer in (("is_available", True), ("device_count", 2)):
        monkeypatch.setattr(torch.cuda, name, lambda answer=answer: answer)
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "set_device", lambda device: steps.append(("torch", device.index)))
    opened = SimpleNamespace(cuda=SimpleNamespace(require_alive=None))
    monkeypatch.setattr(Gpu, "open", lambda index, folder: steps.append(("ours", index, folder)) or opened)
    TorchBackend.from_settings(EngineSettings(gpu=1, plans_dir=tmp_path))
    assert steps == [("torch", 1), ("ours", 1, tmp_path)]


def test_a_gpu_that_torch_cannot_open_is_refused(monkeypatch):
    def refuse(device):
        raise RuntimeError("CUDA-capable device(s) is/are busy or unavailable")

    for name, answer in (("is_available", True), ("device_count", 1)):
        monkeypatch.setattr(torch.cuda, name, lambda answer=answer: answer)
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "set_device", refuse)
    with pytest.raises(BackendUnavailable, match=r"torch cannot open cuda:0: CUDA-capable .* busy"):
        TorchBackend.from_settings(EngineSettings())


def test_a_device_that_was_lost_is_given_back_too(monkeypatch):
    def refuse():
        raise RuntimeError("an illegal memory access was encountered")

    closed = []
    gpu = SimpleNamespace(cuda=SimpleNamespace(require_alive=None), close=lambda: closed.append(True))
    monkeypatch.setattr(torch.cuda, "empty_cache", refuse)
    with pytest.raises(RuntimeError, match="illegal memory access"):
        TorchBackend(gpu, torch.device("cuda", 0)).close()
    assert closed


@pytest.mark.parametrize(
    ("asked", "tiles"), [("auto", torch.float16), ("fp16", torch.float16), ("fp32", torch.float32)]
)
def test_frame_models_stay_in_single_precision(asked, tiles):
    assert precision_of(CARDS["restore"], asked) is tiles
    assert precision_of(CARDS["relight"], asked) is torch.float32


@pytest.mark.parametrize("asked", PRECISIONS)
def test_a_tile_model_whose_card_forbids_half_precision_stays_in_single(asked):
    assert not CARDS["cutout-edges"].takes_half
    assert precision_of(CARDS["cutout-edges"], asked) is torch.float32


def test_another_backend_loads_no_torch():
    """In a process of its own, where torch could be loaded."""
    program = (
        "import sys; from engine.backends.select import choose_backend; from engine.settings import EngineSettings; "
        "choose_backend(EngineSettings(backend='onnxruntime', threads=1)); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
