"""The first step from photos to a generator: the catalogue that is cleaned once, and of which photos it was."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.training import ranks
from engine.training.__main__ import parse
from engine.training.arguments import WEIGHTS
from engine.training.catalogue.records import ITEMS_FILE
from engine.training.catalogue.report import REPORT_FILE
from engine.training.errors import RefusedError
from engine.training.own_catalogue import cleaning

pytestmark = pytest.mark.train


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with a photo of a ring."""
    (tmp_path / "photos" / "rings").mkdir(parents=True)
    (tmp_path / "photos" / "rings" / "1.jpg").write_bytes(b"a photo")
    return tmp_path / "photos"


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, Path, Path]]:
    """What the data sets that are built meanwhile are built of: photos, folder, weights."""
    found = []

    def build(options: cleaning.DatasetOptions) -> None:
        found.append((options.folder, options.out, options.weights))
        for name in (ITEMS_FILE, REPORT_FILE):
            (options.out / name).touch()

    monkeypatch.setattr(cleaning, "build_dataset", build)
    return found


def test_photos_are_cleaned_once(photos: Path, built: list[tuple[Path, Path, Path]], tmp_path: Path) -> None:
    words = ["generator", "--data", str(photos), "--out", str(tmp_path / "runs")]
    for _ in range(2):
        found = cleaning.cleaned_catalogue(parse(words))
    assert found == tmp_path / "runs" / "catalogue"
    assert built == [(photos, found, WEIGHTS)]
    assert ranks.is_first()


@pytest.mark.parametrize(("name", "content"), [("2.jpg", b"one more"), ("1.jpg", b"another one of that name")])
def test_a_catalogue_is_not_taken_for_one_of_other_photos(
    name: str, content: bytes, photos: Path, built: list[tuple[Path, Path, Path]], tmp_path: Path
) -> None:
    options = parse(["generator", "--data", str(photos), "--out", str(tmp_path / "runs")])
    cleaning.cleaned_catalogue(options)
    (photos / "rings" / name).write_bytes(content)
    with pytest.raises(RefusedError, match=r"was cleaned of other photos \(1\) than .*: choose another --out"):
        cleaning.cleaned_catalogue(options)
    assert len(built) == 1


def test_a_data_set_that_is_not_finished_is_refused(tmp_path: Path) -> None:
    (tmp_path / ITEMS_FILE).touch()
    options = parse(["generator", "--data", str(tmp_path), "--out", str(tmp_path / "runs")])
    with pytest.raises(RefusedError, match=r"no report\.html yet; finish it by: packshot-train dataset PHOTOS --out"):
        cleaning.cleaned_catalogue(options)
    (tmp_path / REPORT_FILE).touch()
    assert cleaning.cleaned_catalogue(options) == tmp_path


def test_photos_whose_names_are_not_utf_8_can_be_listed(
    photos: Path, built: list[tuple[Path, Path, Path]], tmp_path: Path
) -> None:
    Path(os.fsdecode(os.fsencode(photos / "rings") + b"/caf\xe9.jpg")).write_bytes(b"a photo")
    cleaning.cleaned_catalogue(parse(["generator", "--data", str(photos), "--out", str(tmp_path / "runs")]))
    assert len(built) == 1


def test_a_list_of_photos_that_a_full_disk_cut_short_is_named(
    photos: Path, built: list[tuple[Path, Path, Path]], tmp_path: Path
) -> None:
    options = parse(["generator", "--data", str(photos), "--out", str(tmp_path / "runs")])
    (cleaning.cleaned_catalogue(options) / "photos.json").write_text("")
    with pytest.raises(RefusedError, match=r"photos\.json is damaged .*; choose another --out"):
        cleaning.cleaned_catalogue(options)
