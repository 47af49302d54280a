"""What is said at the end of a training that learned nothing, or little."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.training.own_catalogue.doubts import doubt_of

pytestmark = pytest.mark.train
CATEGORIES = ["bowl"] * 3 + ["cup"] * 4 + ["jug"] * 3


def _doubt(folder: Path, *, right: float, known: float, made: float, diversity: float = 0.9) -> str:
    entries = [{"step": 1, "val_accuracy": 0.0}, {"step": 2, "val_accuracy": right}, {"step": 3, "val_accuracy": 0.1}]
    (folder / "log.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")
    rows = {
        "other photos": {"category": {"mean": known}},
        "generator": {"category": {"mean": made}, "diversity": {"mean": diversity}},
    }
    (folder / "figures.json").write_text(json.dumps({"rows": rows}), encoding="utf-8")
    return doubt_of(folder / "figures.json", folder, "generator", CATEGORIES) or ""


def test_a_generator_that_learned_leaves_no_doubt(tmp_path: Path) -> None:
    assert _doubt(tmp_path, right=0.8, known=0.95, made=0.7) == ""


@pytest.mark.parametrize(("right", "known"), [(0.4, 0.9), (0.9, 0.1)])
def test_categories_that_a_classifier_cannot_tell_apart_are_told(right: float, known: float, tmp_path: Path) -> None:
    doubt = _doubt(tmp_path, right=right, known=known, made=0.9)
    assert f"names that of {right:.0%} of the photos held out, the judge of {known:.0%} of its own" in doubt
    assert "has not learned" not in doubt
    assert "always naming the commonest category would be right in 40%" in doubt
    assert "a larger --scale" in doubt


def test_a_generator_that_did_not_learn_the_categories_is_told(tmp_path: Path) -> None:
    doubt = _doubt(tmp_path, right=0.9, known=0.9, made=0.42)
    assert doubt.startswith("the generator has not learned the categories yet: ")
    assert "in 42% of its pictures" in doubt
    assert "alike" not in doubt


def test_pictures_that_are_all_alike_are_told(tmp_path: Path) -> None:
    doubt = _doubt(tmp_path, right=0.9, known=0.9, made=0.9, diversity=0.02)
    assert "those of one category are all but alike" in doubt


def test_a_training_that_learned_nothing_is_told_at_once(tmp_path: Path) -> None:
    doubt = _doubt(tmp_path, right=0.0, known=0.09, made=0.07)
    assert doubt.startswith("the categories cannot be told apart yet: ")
    assert "; the generator has not learned the categories yet: " in doubt
    assert doubt.count("a larger --scale") == 1
