from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.training.catalogue import command
from engine.training.catalogue.command import DatasetOptions, build_dataset
from engine.training.catalogue.errors import CatalogueRefusedError
from engine.training.errors import RefusedError
from engine.training.own_catalogue.given import is_cleaned
from tests.engine.catalogue.products import FloorCutter, NoFaces, drawn, save


class NamedCutter(FloorCutter):
    """Stands for the networks that cut out."""

    versions = ("floor-1", "edges-1")

    def __init__(self, _weights: Path, _threads: int) -> None:
        super().__init__()


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DatasetOptions:
    monkeypatch.setattr(command, "Cutter", NamedCutter)
    monkeypatch.setattr(command, "FaceFinder", NoFaces)
    return DatasetOptions(tmp_path / "photos", tmp_path / "out", 64, tmp_path, threads=1)


def _save_half(path: Path) -> None:
    """Write a photo whose file ends amid its pixels."""
    save(path, drawn((200, 30, 40)), quality=95)
    path.write_bytes(path.read_bytes()[:900])


def test_photos_none_of_which_can_be_used_are_refused_with_the_reasons(options: DatasetOptions) -> None:
    for name in ("dress/1.jpg", "shoes/2.jpg"):
        _save_half(options.folder / name)
    for _ in range(2):  # as often as it is asked
        with pytest.raises(CatalogueRefusedError, match=r"^no usable photo: 2 unreadable; see .*report\.html$"):
            build_dataset(options)
    assert "0 pictures kept of 2 photos" in (options.out / "report.html").read_text(encoding="utf-8")


def test_a_build_that_is_killed_leaves_no_report_of_an_earlier_one(
    options: DatasetOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(options.folder / "dress" / "1.png", drawn((200, 30, 40)))
    save(options.folder / "dress" / "2.png", drawn((30, 40, 200)))
    build_dataset(replace(options, limit=1))
    assert is_cleaned(options.out)

    def killed(*_photo: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(NamedCutter, "cut", killed)
        with pytest.raises(KeyboardInterrupt):
            build_dataset(options)
    with pytest.raises(RefusedError, match="is an unfinished data set"):
        is_cleaned(options.out)
    build_dataset(options)
    assert is_cleaned(options.out)


def test_photos_that_are_not_taken_are_told(options: DatasetOptions, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("dress/1.png", "2.png", "dress/boots/3.png", "dress/boots/high/4.jpg"):
        save(options.folder / name, drawn((200, 30, 40)))
    for name in ("5.HEIC", "6.heic", "7.gif", "notes.txt"):
        (options.folder / "dress" / name).write_bytes(b"")
    build_dataset(options)
    told = capsys.readouterr()
    assert [line for line in told.err.splitlines() if line.startswith("warning")] == [
        "warning: 1 photos outside a category folder are left out",
        "warning: 2 photos in folders within a category folder are left out",
        "warning: 3 photos of kinds that are not read (.gif, .heic) are left out",
    ]
    assert told.out.startswith("1 pictures kept, 0 left out (none)")
