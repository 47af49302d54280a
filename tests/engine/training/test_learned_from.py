"""What the generator command's trainings learn from stays what it is, once the first of them has begun."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.training.__main__ import parse
from engine.training.catalogue.origin import Origin
from engine.training.catalogue.records import ITEMS_FILE
from engine.training.errors import RefusedError
from engine.training.own_catalogue.learned_from import LEARNED_FILE, require_same_catalogue
from engine.training.own_catalogue.stages import Stage

pytestmark = pytest.mark.train
OURS = Origin("our rings", "CC0 1.0")


@pytest.fixture
def out(catalogue_folder: Path, tmp_path: Path) -> Path:
    """A folder that learned from the catalogue of the tests."""
    require_same_catalogue(tmp_path / "runs", catalogue_folder, OURS, begun=False)
    return tmp_path / "runs"


def _grown(catalogue: Path, into: Path) -> Path:
    lines = (catalogue / ITEMS_FILE).read_text(encoding="utf-8").splitlines(keepends=True)
    (into / ITEMS_FILE).write_text("".join([*lines, lines[0]]), encoding="utf-8")
    return into


def test_the_same_catalogue_is_gone_on_with(out: Path, catalogue_folder: Path) -> None:
    before = (out / LEARNED_FILE).read_bytes()
    require_same_catalogue(out, catalogue_folder, OURS, begun=True)
    assert (out / LEARNED_FILE).read_bytes() == before


def test_a_catalogue_that_has_grown_is_refused_once_something_learned(
    out: Path, catalogue_folder: Path, tmp_path: Path
) -> None:
    grown = _grown(catalogue_folder, tmp_path)
    told = r"learned from another catalogue than .* \(then of 80 pictures, now of 81\): choose another --out"
    with pytest.raises(RefusedError, match=told):
        require_same_catalogue(out, grown, OURS, begun=True)
    require_same_catalogue(out, grown, OURS, begun=False)
    with pytest.raises(RefusedError, match="then of 81 pictures, now of 80"):
        require_same_catalogue(out, catalogue_folder, OURS, begun=True)


def test_another_name_or_licence_is_refused(out: Path, catalogue_folder: Path) -> None:
    told = r"\(name 'our rings', licence 'CC0 1\.0' before, none said now\): choose another --out"
    with pytest.raises(RefusedError, match=told):
        require_same_catalogue(out, catalogue_folder, Origin(), begun=True)


def test_what_learned_before_this_was_written_down_is_let_through(
    out: Path, catalogue_folder: Path, tmp_path: Path
) -> None:
    (out / LEARNED_FILE).unlink()
    require_same_catalogue(out, _grown(catalogue_folder, tmp_path), OURS, begun=True)
    assert not (out / LEARNED_FILE).exists()


@pytest.mark.parametrize("content", ["", "[]", "{}"])
def test_a_damaged_note_is_named(content: str, out: Path, catalogue_folder: Path) -> None:
    (out / LEARNED_FILE).write_text(content)
    with pytest.raises(RefusedError, match=r"learned-from\.json is damaged"):
        require_same_catalogue(out, catalogue_folder, OURS, begun=True)


def test_a_finished_training_of_other_categories_is_refused(catalogue_folder: Path, classifier_run: Path) -> None:
    words = ["train", "classifier", "--data", str(catalogue_folder), "--out", str(classifier_run)]
    stage = Stage("classifier", parse(words))
    stage.require_feasible(["box", "disc"])
    with pytest.raises(RefusedError, match=r"learned from a catalogue of box, disc; the one at hand is of bag, box"):
        stage.require_feasible(["bag", "box"])
