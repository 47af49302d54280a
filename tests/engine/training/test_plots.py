from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from engine.training.plots import plot_run, read_log

pytestmark = pytest.mark.train


def _log(folder: Path, steps: list[int]) -> None:
    lines = [
        json.dumps({"step": step, "loss": 1 / step, "val_psnr_db": 20.0 + index, "wall_s": step})
        for index, step in enumerate(steps)
    ]
    (folder / "log.jsonl").write_text("\n".join(lines) + "\n")


def test_a_step_logged_twice_counts_once_and_the_later_wins(tmp_path: Path) -> None:
    _log(tmp_path, [10, 20, 20, 30])
    assert [entry["val_psnr_db"] for entry in read_log(tmp_path / "log.jsonl")] == [20.0, 22.0, 23.0]


def test_a_learning_curve_becomes_a_png(tmp_path: Path) -> None:
    _log(tmp_path, [10, 20, 30])
    plot_run(tmp_path, tmp_path / "curve.png")
    with Image.open(tmp_path / "curve.png") as curve:
        assert curve.size == (770, 440)


def test_an_empty_log_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text("")
    with pytest.raises(ValueError, match="no validations"):
        plot_run(tmp_path, tmp_path / "curve.png")
