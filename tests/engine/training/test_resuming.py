"""A training that is killed goes on from its last checkpoint as if nothing had been: the same curve, digit by digit."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.training.plots import read_log
from engine.training.run import Run
from tests.engine.training.tiny_training import WAITING, begin, go_on

pytestmark = pytest.mark.train
ROOT = Path(__file__).parents[3]


def _curve(run: Path) -> list[dict[str, Any]]:
    return [{key: entry[key] for key in entry if key != "wall_s"} for entry in read_log(run / "log.jsonl")]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = begin(tmp_path_factory.mktemp("whole"))
    go_on(run)
    return run.folder


def _resume(folder: Path) -> Run:
    run = begin(folder)
    run.resume()
    return run


def _assert_alike(first: Path, second: Path) -> None:
    assert _curve(first) == _curve(second)
    states = [torch.load(folder / "last.pt", weights_only=True) for folder in (first, second)]
    for part in ("model", "average"):
        assert all(torch.equal(value, states[1][part][name]) for name, value in states[0][part].items())


def test_a_process_killed_between_two_validations_loses_nothing_but_time(whole: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.engine.training.tiny_training", str(tmp_path), "33"]
    with subprocess.Popen(command, cwd=ROOT) as process:
        while not (tmp_path / WAITING).exists():
            assert process.poll() is None, "the training ended before it could be killed"
            time.sleep(0.05)
        process.kill()
    assert len(_curve(tmp_path)) == 1
    resumed = _resume(tmp_path)
    assert resumed.step == 20
    go_on(resumed)
    _assert_alike(whole, tmp_path)


class KilledError(Exception):
    """Stands for a machine that goes down."""


def test_a_kill_amid_writing_a_checkpoint_leaves_the_one_before(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = torch.save

    def save_half_of_the_second(state: dict[str, Any], path: Path) -> None:
        if state["step"] == 40:
            path.write_bytes(b"half of it")
            raise KilledError
        save(state, path)

    with monkeypatch.context() as patched:
        patched.setattr(torch, "save", save_half_of_the_second)
        with pytest.raises(KilledError):
            go_on(begin(tmp_path))
    resumed = _resume(tmp_path)
    assert resumed.step == 20
    go_on(resumed)
    _assert_alike(whole, tmp_path)


def test_a_checkpoint_of_before_random_states_were_kept_is_gone_on_from(tmp_path: Path) -> None:
    go_on(begin(tmp_path))
    saved = torch.load(tmp_path / "last.pt", weights_only=True)
    for added in ("random", "without_better"):
        del saved[added]
    torch.save(saved, tmp_path / "last.pt")
    resumed = _resume(tmp_path)
    assert (resumed.step, resumed.without_better) == (60, 0)
