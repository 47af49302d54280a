"""What a training says while it runs, and when it stops by itself: divergence, mode collapse, no progress."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from engine.generation.condition import CONDITION_LENGTH
from engine.generation.latents import LATENT_LENGTH
from engine.training import recipes
from engine.training.__main__ import main
from engine.training.generation.contest import Rivals
from engine.training.generation.items import Item, load_catalogue
from engine.training.generation.judge import Judge
from engine.training.generation.pictures import pictures_of
from engine.training.plots import read_log
from engine.training.progress import ProgressLine, told
from engine.training.recipes import trained
from engine.training.run import DivergedError, Run, Schedule

pytestmark = pytest.mark.train
SCHEDULE = Schedule(steps=10, batch=1, learning_rate=0.1, validate_every=2)


COMMAND = "packshot-train train tiny --out run"


def _run(folder: Path, schedule: Schedule = SCHEDULE, model: nn.Module | None = None) -> Run:
    torch.manual_seed(0)
    return Run(model or nn.Linear(2, 1), schedule, folder, [], COMMAND)


def _lines(run: Run) -> list[dict]:
    return [json.loads(line) for line in (run.folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]


def _losing(run: Run, factor: float) -> Tensor:
    return run.model(torch.ones(1, 2)).sum() * factor


@pytest.mark.parametrize("factor", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_stops_the_training_before_it_spoils_the_weights(
    factor: float, tmp_path: Path
) -> None:
    run = _run(tmp_path)
    for step in run.steps():
        run.learn(_losing(run, 1.0))
        if run.due():
            run.record("val_score", 1.0)
        if step == 2:
            break
    before = [parameter.clone() for parameter in run.model.parameters()]
    with pytest.raises(
        DivergedError,
        match=rf"diverged at step 3: the loss is .* and its gradient norm .*last\.pt is of .* by `{COMMAND} "
        "--learning-rate 0.03 --resume`, or begin again with another --seed in another --out",
    ):
        run.learn(_losing(run, factor))
    assert all(torch.equal(a, b) for a, b in zip(before, run.model.parameters(), strict=True))
    assert _lines(run)[-1]["alarm"].startswith("diverged: the loss is")
    resumed = _run(tmp_path)
    resumed.resume()
    assert resumed.step == 2


@pytest.mark.parametrize("value", [math.nan, -math.inf])
def test_a_validation_that_is_no_number_writes_no_checkpoint(value: float, tmp_path: Path) -> None:
    run = _run(tmp_path)
    with pytest.raises(DivergedError, match=rf"val_score is .*nothing was validated before: .*`{COMMAND} --l"):
        run.record("val_score", value)
    assert not list(tmp_path.glob("*.pt"))


def test_a_training_that_stops_takes_its_progress_line_off_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with pytest.raises(DivergedError):
        _run(tmp_path).stop("the loss is nan")
    assert capsys.readouterr().err == "\r\x1b[K"


@pytest.mark.parametrize("patience", ["0", "-3", "soon"])
def test_a_patience_below_one_validation_is_refused(patience: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["train", "plain-vae", "--data", "x", "--out", "y", "--patience", patience])
    assert f"--patience: must be a whole number of validations, 1 or more, got '{patience}'" in capsys.readouterr().err


def test_the_command_says_that_a_training_diverged_and_fails(
    catalogue_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    diverging = replace(recipes.RECIPES["plain-vae"], train=lambda run, _items, _held_out: run.stop("the loss is nan"))
    monkeypatch.setitem(recipes.RECIPES, "plain-vae", diverging)
    assert main(["train", "plain-vae", "--data", str(catalogue_folder), "--out", str(tmp_path), "--threads", "1"]) == 1
    assert "diverged at step 1: the loss is nan" in capsys.readouterr().err


def _validate(run: Run, values: list[float]) -> None:
    """Train on a validation a step until the values, or the run's patience, are at an end."""
    for _ in run.steps():
        run.learn(_losing(run, 1.0))
        run.record("val_score", values[run.step])


def test_a_training_stops_early_when_nothing_gets_better(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    values = [1.0, 3.0, 2.0, 3.0, 2.0, 2.0, 9.0, 9.0, 9.0, 9.0]
    run = _run(tmp_path, replace(SCHEDULE, patience=3))
    _validate(run, values)
    assert run.step == 5
    assert "stopped at step 5: 3 validations without a better one than 3; --patience is 3" in capsys.readouterr().err
    resumed = _run(tmp_path, replace(SCHEDULE, patience=3))
    resumed.resume()
    assert not list(resumed.steps())
    patient = _run(tmp_path, replace(SCHEDULE, patience=4))
    patient.resume()
    _validate(patient, values)
    assert patient.step == 6


class _Given(nn.Module):
    """A generator that gives the pictures it was made of, one after the other, from the ``first`` on."""

    def __init__(self, pictures: Tensor, ground: float = 0.0) -> None:
        super().__init__()
        self.level = nn.Parameter(torch.tensor(ground))
        self.pictures, self.given = pictures, 0

    def forward(self, vector: Tensor) -> Tensor:
        assert vector.shape[1] == LATENT_LENGTH + CONDITION_LENGTH
        places = (torch.arange(len(vector)) + self.given) % len(self.pictures)
        self.given = (self.given + len(vector)) % len(self.pictures)
        return self.pictures[places] + self.level


@pytest.fixture
def items(catalogue_folder: Path) -> list[Item]:
    return load_catalogue(catalogue_folder).items[:40]


def _judged(folder: Path, pictures: Tensor, step: int) -> Run:
    run = _run(folder, model=Rivals(_Given(pictures), nn.Linear(1, 1)))
    run.step = step
    return run


def test_a_generator_that_repeats_itself_gives_the_alarm(
    classifier_run: Path, items: list[Item], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    judge = Judge(trained("classifier", classifier_run), items)
    good = _judged(tmp_path / "good", pictures_of(items), step=5)
    judge.validate(good)
    assert _lines(good)[-1]["diversity"] == pytest.approx(1)
    assert "alarm" not in capsys.readouterr().err
    collapsed = _judged(tmp_path / "collapsed", pictures_of(items[:1]), step=5)
    judge.validate(collapsed)
    validation, alarm = _lines(collapsed)
    assert validation["diversity"] < 0.01
    assert alarm["alarm"].startswith("mode collapse: made pictures of one category differ 0.00 times as much")
    assert "alarm at step 6: mode collapse" in capsys.readouterr().err
    assert [entry["step"] for entry in read_log(collapsed.folder / "log.jsonl")] == [6]
    young = _judged(tmp_path / "young", pictures_of(items[:1]), step=0)
    judge.validate(young)
    assert len(_lines(young)) == 1


def test_a_distance_of_several_times_the_best_stops_the_training(
    classifier_run: Path, items: list[Item], tmp_path: Path
) -> None:
    judge = Judge(trained("classifier", classifier_run), items)
    run = _judged(tmp_path, pictures_of(items), step=5)
    run.best = -1e-9
    run.average.generator.level.data.fill_(-0.3)
    with pytest.raises(DivergedError, match="times the best one"):
        judge.validate(run)
    run.average.generator.level.data.fill_(math.nan)
    with pytest.raises(DivergedError, match="pictures that are not finite"):
        judge.validate(run)
    assert not list(tmp_path.glob("*.pt"))


def test_each_validation_leaves_a_sheet_of_samples(classifier_run: Path, items: list[Item], tmp_path: Path) -> None:
    judge = Judge(trained("classifier", classifier_run), items)
    judge.validate(_judged(tmp_path, pictures_of(items), step=5))
    with Image.open(tmp_path / "samples-000006.jpg") as sheet:
        assert sheet.size == (8 * 134 + 6, 5 * 134 + 6)
        first = np.asarray(sheet.crop((6, 6, 134, 134)), np.int16)
    assert np.abs(first - items[0].picture).mean() < 3


def test_the_progress_line_tells_speed_and_time_left(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(1200, 20000, "steps", 2.305) == "1200 of 20000 steps, 2.31 steps/s, about 2 h 16 min left"
    assert told(5, 10, "steps", 0.1) == "5 of 10 steps, 0.1 steps/s, about 1 min left"
    assert told(10, 10, "steps", 0.1) == "10 of 10 steps, 0.1 steps/s"
    line = ProgressLine(0, 2, "steps")
    line.tell(1)
    line.tell(2, "; 1 kept")
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("2 of 2 steps, ")
    assert err.endswith("steps/s; 1 kept\n")
