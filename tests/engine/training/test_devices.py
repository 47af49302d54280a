"""Trainings of catalogues compute on a GPU where there is one, and leave what any machine can go on from.

No GPU is at hand here: they run on a device that is pretended to torch, and must come to what the CPU comes to.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.training import ranks
from engine.training.__main__ import main
from engine.training.log import read_log
from tests.engine.training.pretended_device import words
from tests.engine.training.tiny_generator import shrink

pytestmark = [pytest.mark.train, pytest.mark.timeout(600)]  # a busy machine takes minutes to start processes
ROOT = Path(__file__).parents[3]
WITHOUT_DROPOUT = ("autoencoder", "generator", "wgan-gp")
WITH_DROPOUT = "classifier"  # on a device it is drawn by another stream than on the CPU
OWN = ("command", "hardware", "wall_s", "random")  # of a run, not of what it learned
ROUNDING = 1e-3  # of a tensor's largest value; those that began at zero hold little more than one step's


@pytest.fixture(scope="module")
def on_device(
    catalogue_folder: Path, classifier_run: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """The runs that one process trained on a pretended device, by name."""
    out = tmp_path_factory.mktemp("on-device")
    models = [*WITHOUT_DROPOUT, WITH_DROPOUT]
    command = [sys.executable, "-m", "tests.engine.training.pretended_device"]
    given = [str(out), str(catalogue_folder), str(classifier_run), *models]
    done = subprocess.run([*command, *given], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(", on pretended:0, ") == len(models)
    return {run.name: run for run in out.iterdir()}


def _saved(run: Path) -> dict[str, Any]:
    """What a run learned, as torch reads it without being told where to put it."""
    saved = torch.load(run / "last.pt", weights_only=True)
    return {name: part for name, part in saved.items() if name not in OWN}


def _assert_alike(first: Any, second: Any, rounding: float) -> None:
    if isinstance(first, torch.Tensor):
        assert second.device == ranks.CPU
        torch.testing.assert_close(second, first, rtol=0, atol=rounding * float(first.abs().max()))
    elif isinstance(first, dict):
        assert first.keys() == second.keys()
        for name, part in first.items():
            _assert_alike(part, second[name], rounding)
    else:
        assert second == (pytest.approx(first, rel=rounding) if isinstance(first, float) else first)


@pytest.mark.parametrize("model", WITHOUT_DROPOUT)
def test_a_training_on_a_device_leaves_the_checkpoint_that_the_cpu_leaves(
    model: str,
    on_device: dict[str, Path],
    catalogue_folder: Path,
    classifier_run: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shrink(monkeypatch)
    assert main(["train", model, *words(tmp_path, str(catalogue_folder), str(classifier_run))]) == 0
    _assert_alike(_saved(tmp_path), _saved(on_device[model]), ROUNDING)


def test_a_training_with_dropout_computes_on_a_device_too(on_device: dict[str, Path]) -> None:
    run = on_device[WITH_DROPOUT]
    assert [entry["step"] for entry in read_log(run / "log.jsonl")] == [1]
    assert torch.load(run / "best.pt", weights_only=True)["hardware"] == "pretended:0"


def test_a_training_that_was_stopped_on_a_device_draws_the_same_dropout_when_it_goes_on(
    on_device: dict[str, Path],
) -> None:
    whole, parted = on_device["whole"], on_device["parted"]
    curves = [[{**entry, "wall_s": 0} for entry in read_log(run / "log.jsonl")] for run in (whole, parted)]
    assert curves[0] == curves[1]
    _assert_alike(_saved(whole), _saved(parted), rounding=0)


def test_a_process_computes_on_a_gpu_of_its_own_or_on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _of: "NVIDIA H200")
    assert ranks.device() == torch.device("cuda", 0)
    assert ranks.hardware(ranks.device()) == "NVIDIA H200"
    monkeypatch.setenv("LOCAL_RANK", "1")
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    assert ranks.device() == torch.device("cuda", 1)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "3")
    assert ranks.device() == ranks.CPU
    assert "CPU cores" in ranks.hardware(ranks.device())
