from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from engine.training.errors import RefusedError
from engine.training.log import append, read_alarms, read_log
from engine.training.plots import plot_runs

pytestmark = pytest.mark.train
BLUE, ORANGE = (31, 119, 180), (255, 127, 14)  # the first two of matplotlib's own colours


def _log(folder: Path, steps: list[int], metric: str = "val_psnr_db") -> Path:
    folder.mkdir(exist_ok=True)
    for index, step in enumerate(steps):
        append(folder, {"step": step, "loss": 1 / step, metric: 20.0 + index, "wall_s": step})
    return folder


def _drawn(runs: list[Path], out: Path) -> NDArray[np.uint8]:
    plot_runs(runs, out)
    with Image.open(out) as curve:
        assert curve.size == (770, 550)
        return np.asarray(curve.convert("RGB"))


def _amount(picture: NDArray[np.uint8], color: tuple[int, int, int]) -> int:
    return int((picture == color).all(axis=2).sum())


def test_a_step_logged_twice_counts_once_and_the_later_wins(tmp_path: Path) -> None:
    _log(tmp_path, [10, 20, 20, 30])
    assert [entry["val_psnr_db"] for entry in read_log(tmp_path / "log.jsonl")] == [20.0, 22.0, 23.0]


def test_a_line_that_a_kill_cut_short_is_neither_read_nor_gone_on_with(tmp_path: Path) -> None:
    log = _log(tmp_path, [10, 20]) / "log.jsonl"
    with log.open("a") as file:
        file.write('{"step": 30, "lo')
    assert [entry["step"] for entry in read_log(log)] == [10, 20]
    _log(tmp_path, [30])
    assert [json.loads(line)["step"] for line in log.read_text().splitlines()] == [10, 20, 30]


def test_a_learning_curve_becomes_a_png(tmp_path: Path) -> None:
    picture = _drawn([_log(tmp_path, [10, 20, 30])], tmp_path / "curve.png")
    assert _amount(picture, BLUE) > 500
    assert _amount(picture, ORANGE) == 0


def test_two_runs_of_the_same_curve_are_both_seen(tmp_path: Path) -> None:
    whole, parted = (_log(tmp_path / name, [10, 20, 30], "val_minus_frechet") for name in ("whole", "parted"))
    picture = _drawn([whole, parted], tmp_path / "curves.png")
    assert min(_amount(picture, BLUE), _amount(picture, ORANGE)) > 500


def test_alarms_are_drawn_where_they_were_given(tmp_path: Path) -> None:
    run = _log(tmp_path / "run", [10, 20, 30], "val_minus_frechet")
    without = _drawn([run], tmp_path / "without.png")
    for step in (20, 20, 30):
        append(run, {"step": step, "alarm": "mode collapse: made pictures are alike"})
    assert [alarm["step"] for alarm in read_alarms(run / "log.jsonl")] == [20, 30]
    assert _amount(_drawn([run], tmp_path / "with.png"), BLUE) > _amount(without, BLUE) + 50


@pytest.mark.parametrize(
    "line",
    [
        b"[1]",
        b"1",
        b'{"epoch": 1}',
        b'{"step": 1, "loss": 2.0, "wall_s": 1}',
        b'{"step": 1, "loss": 2.0, "val_psnr_db": "high", "wall_s": 1}',
        b'{"step": 1, "val_psnr_db": 2.0, "wall_s": 1}',
        b'{"step": "\xe9"}',
    ],
)
def test_a_log_of_something_else_is_refused(line: bytes, tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_bytes(line + b"\n")
    with pytest.raises(RefusedError, match=r"log\.jsonl is not the log of a training"):
        plot_runs([tmp_path], tmp_path / "curve.png")


def test_what_cannot_be_drawn_is_refused(tmp_path: Path) -> None:
    empty, first = _log(tmp_path / "empty", []), _log(tmp_path / "first", [10])
    (empty / "log.jsonl").write_text("")
    with pytest.raises(RefusedError, match="no validations"):
        plot_runs([empty], tmp_path / "curve.png")
    with pytest.raises(RefusedError, match="holds no run"):
        plot_runs([tmp_path / "none"], tmp_path / "curve.png")
    other = _log(tmp_path / "other", [10], "val_accuracy")
    with pytest.raises(RefusedError, match=r"was validated by val_accuracy, .*first by val_psnr_db; draw them apart"):
        plot_runs([first, other], tmp_path / "curve.png")
