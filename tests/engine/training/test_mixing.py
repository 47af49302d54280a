"""The mean of two runs."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.training.mixing import mix_runs

pytestmark = pytest.mark.train


def a_run(folder: Path, value: float, size: int = 3) -> Path:
    folder.mkdir()
    facts = {"step": 10, "wall_s": 2.0, "best": 1.0, "command": folder.name, "schedule": {"seed": 1}, "data": []}
    torch.save(facts | {"weights": {"w": torch.full((size,), value)}}, folder / "best.pt")
    return folder


def test_the_mean_of_two_runs_is_a_run_that_names_both(tmp_path: Path) -> None:
    mix_runs(a_run(tmp_path / "one", 1.0), a_run(tmp_path / "two", 4.0), tmp_path / "mean", "mix one two")
    saved = torch.load(tmp_path / "mean" / "best.pt", weights_only=True)
    assert torch.equal(saved["weights"]["w"], torch.full((3,), 2.5))
    assert saved["command"] == "one ; two ; mix one two"
    assert (saved["step"], saved["wall_s"]) == (20, 4.0)


def test_runs_of_different_networks_are_not_mixed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="different networks"):
        mix_runs(a_run(tmp_path / "one", 1.0), a_run(tmp_path / "two", 1.0, size=4), tmp_path / "mean", "mix")
