"""The mean of two runs."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.training.errors import RefusedError
from engine.training.mixing import mix_runs

pytestmark = pytest.mark.train


def a_run(folder: Path, value: float, size: int = 3, **besides: torch.Tensor) -> Path:
    folder.mkdir()
    facts = {"step": 10, "wall_s": 2.0, "best": 1.0, "command": folder.name, "schedule": {"seed": 1}, "data": []}
    torch.save(facts | {"weights": {"w": torch.full((size,), value), **besides}}, folder / "best.pt")
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


def test_runs_that_keep_whole_numbers_are_not_mixed_and_say_which(tmp_path: Path) -> None:
    whole = {"prior.nearest": torch.arange(6), "norm.num_batches_tracked": torch.tensor(3), "shown": torch.tensor(True)}
    runs = [a_run(tmp_path / name, 1.0, **whole) for name in ("one", "two")]
    with pytest.raises(RefusedError, match=r"one keeps whole numbers, which have no mean: prior\.nearest, shown$"):
        mix_runs(*runs, tmp_path / "mean", "mix")
    assert not (tmp_path / "mean").exists()


def test_how_many_batches_were_normalised_may_differ(tmp_path: Path) -> None:
    counts = [{"norm.num_batches_tracked": torch.tensor(count)} for count in (3, 5)]
    runs = [a_run(tmp_path / name, 1.0, **count) for name, count in zip(("one", "two"), counts, strict=True)]
    mix_runs(*runs, tmp_path / "mean", "mix")
    assert torch.load(tmp_path / "mean" / "best.pt", weights_only=True)["weights"]["w"].tolist() == [1, 1, 1]
