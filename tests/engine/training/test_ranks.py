"""Several processes that train one network together learn what one alone would; the first one alone writes."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.training.__main__ import main
from engine.training.errors import RefusedError
from engine.training.log import read_log
from engine.training.run import Schedule
from tests.engine.training.tiny_generator import shrink
from tests.engine.training.tiny_ranks import learn_apart

pytestmark = [pytest.mark.train, pytest.mark.timeout(600)]  # a busy machine takes minutes to start processes
ROOT = Path(__file__).parents[3]
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m"]
SMALL = ["--threads", "1", "--validate-every", "1"]


def _states(folder: Path, rank: int) -> dict[str, Any]:
    state: dict[str, Any] = torch.load(folder / f"rank-{rank}.pt", weights_only=True)
    return state


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("alone")
    learn_apart(folder)
    return folder


@dataclass(frozen=True)
class Together:
    """What two processes left that `tiny_ranks` was started in: two trainings, and what they said."""

    tiny: Path
    classifier: Path
    said: str


@pytest.fixture(scope="module")
def together(catalogue_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Together:
    tiny, classifier = (tmp_path_factory.mktemp(name) for name in ("tiny", "classifier-of-two"))
    words = ["train", "classifier", "--data", str(catalogue_folder), "--out", str(classifier), "--steps", "1", *SMALL]
    command = [*TORCHRUN, "tests.engine.training.tiny_ranks", str(tiny), *words]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Together(tiny, classifier, done.stdout)


def test_two_ranks_learn_the_same_as_one_with_the_whole_batch(alone: Path, together: Together) -> None:
    whole, first, second = _states(alone, 0), _states(together.tiny, 0), _states(together.tiny, 1)
    for part in ("model", "average"):
        for name, value in first[part].items():
            assert torch.equal(value, second[part][name]), name
            assert torch.allclose(value, whole[part][name], atol=1e-5), name
    assert first["best"] == second["best"] == 11.0
    losses = [[entry["loss"] for entry in read_log(folder / "log.jsonl")] for folder in (alone, together.tiny)]
    assert losses[1] == pytest.approx(losses[0], abs=1e-5)
    saved = torch.load(together.tiny / "last.pt", weights_only=True)
    assert (saved["schedule"]["batch"], saved["schedule"]["seed"], saved["ranks"]) == (8, 1, 2)


def test_two_ranks_train_a_model_and_one_goes_on(
    catalogue_folder: Path, together: Together, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = together.classifier
    assert together.said.count("to train on") == 1
    assert [entry["step"] for entry in read_log(run / "log.jsonl")] == [1]
    saved = torch.load(run / "last.pt", weights_only=True)
    assert saved["command"].startswith("torchrun --nproc-per-node 2 -m engine.training train classifier")
    shrink(monkeypatch)
    words = ["train", "classifier", "--data", str(catalogue_folder), "--out", str(run), "--steps", "2", *SMALL]
    assert main([*words, "--resume"]) == 0
    assert [entry["step"] for entry in read_log(run / "log.jsonl")] == [1, 2]


def test_ranks_that_cannot_share_a_batch_are_refused() -> None:
    schedule = Schedule(steps=1, batch=16, learning_rate=1.0)
    with pytest.raises(RefusedError, match="3 processes cannot share a batch of 16 equally"):
        schedule.share(0, 3)
    with pytest.raises(RefusedError, match="16 processes leave each 1 of a batch of 16; each needs 2: start at most 8"):
        schedule.share(0, 16)
    shares = [schedule.share(rank, 4) for rank in range(4)]
    assert {share.batch for share in shares} == {4}
    assert len({share.seed for share in shares}) == 4
    assert shares[0].seed == schedule.seed
