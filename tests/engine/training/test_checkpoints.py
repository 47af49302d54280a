"""Checkpoints: what cannot be written, and what of files from elsewhere is told."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.training import checkpoints
from engine.training.__main__ import main
from engine.training.errors import RefusedError
from tests.engine.training.tiny_training import begin

pytestmark = pytest.mark.train
FACTS = {"command": "train restore", "step": 1, "wall_s": 1.0, "best": 1.0, "schedule": {"seed": 1}, "data": []}


def test_a_full_disk_is_told_by_the_path_and_keeps_the_checkpoint_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoints.save({"step": 1}, tmp_path / "last.pt")

    def save_half(_state: Any, path: Path) -> None:
        path.write_bytes(b"half of it")
        raise RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 640 vs 598")

    monkeypatch.setattr(torch, "save", save_half)
    with pytest.raises(OSError, match=r"last\.pt could not be written; its disk has \d+ MB left"):
        checkpoints.save({"step": 2}, tmp_path / "last.pt")
    assert [path.name for path in tmp_path.iterdir()] == ["last.pt"]
    assert torch.load(tmp_path / "last.pt", weights_only=True) == {"step": 1}


@pytest.mark.parametrize(
    ("saved", "told"),
    [
        ({"weight": torch.ones(2)}, "it keeps no 'command' of the training"),
        ([1, 2], "it holds a list"),
        (FACTS | {"schedule": {}}, "its schedule has no seed"),
        (FACTS | {"data": [1]}, "it does not tell the data that it learned from"),
        (FACTS | {"data": {}}, "it keeps no 'data' of the training"),
        (FACTS, "it holds no 'weights'$"),
        (FACTS | {"weights": 1}, "it holds no 'weights'$"),
        (FACTS | {"model": {}}, r"it holds no 'weights'; weights to use are in best\.pt"),
    ],
)
def test_what_a_file_lacks_to_be_a_checkpoint_is_told(saved: object, told: str, tmp_path: Path) -> None:
    torch.save(saved, tmp_path / "best.pt")
    with pytest.raises(RefusedError, match=rf"best\.pt is not a checkpoint of a training, or is damaged: {told}"):
        checkpoints.load(tmp_path / "best.pt", "weights")


def test_states_that_are_none_do_not_fit() -> None:
    for wrong in ({"weight": 1}, {1: torch.ones(1)}):
        with pytest.raises(RefusedError, match=r"best\.pt holds the weights of another network"):
            checkpoints.fit(torch.nn.Linear(1, 1), wrong, Path("best.pt"))


def test_flipped_bits_are_never_more_than_a_refusal(tmp_path: Path) -> None:
    checkpoints.save(FACTS | {"weights": {"weight": torch.ones(1, 1), "bias": torch.ones(1)}}, tmp_path / "best.pt")
    whole, rng, refused = (tmp_path / "best.pt").read_bytes(), random.Random(0), 0
    for _ in range(300):
        flipped = bytearray(whole)
        flipped[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
        (tmp_path / "best.pt").write_bytes(flipped)
        try:
            saved = checkpoints.load(tmp_path / "best.pt", "weights")
            checkpoints.fit(torch.nn.Linear(1, 1), saved["weights"], tmp_path / "best.pt")
            checkpoints.training_of(saved)
        except RefusedError:
            refused += 1
    assert refused > 20


def test_a_plain_state_is_told_wherever_it_is_named(
    catalogue_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    foreign, out = tmp_path / "foreign", tmp_path / "out"
    foreign.mkdir()
    for name in ("best.pt", "last.pt"):
        torch.save({"weight": torch.ones(1)}, foreign / name)
    train = ["train", "classifier", "--data", str(catalogue_folder), "--steps", "1"]
    named = [
        [*train, "--out", str(out), "--start-from", str(foreign / "best.pt")],
        [*train, "--out", str(foreign)],
        ["train", "autoencoder", "--data", str(catalogue_folder), "--out", str(out), "--teacher", str(foreign)],
        ["export", "restore", "--run", str(foreign), "--weights", str(out)],
        ["compare", "--data", str(catalogue_folder), "--teacher", str(foreign), "--runs", f"x={foreign}"],
    ]
    for words in named:
        assert main(words) == 2
        assert "is damaged: it keeps no 'command' of the training" in capsys.readouterr().err
    assert main([*train, "--out", str(out), "--start-from", str(foreign)]) == 2
    assert f"{foreign} is a folder; name a checkpoint in it, such as {foreign / 'best.pt'}" in capsys.readouterr().err


def test_weights_that_cannot_be_fitted_are_no_start(tmp_path: Path) -> None:
    checkpoints.save(FACTS | {"weights": {}}, tmp_path / "best.pt")
    with pytest.raises(RefusedError, match=r"best\.pt holds the weights of another network than this one: 'head"):
        begin(tmp_path / "run").start_from(tmp_path / "best.pt", lambda weights, _: {"x": weights["head.weight"]})
