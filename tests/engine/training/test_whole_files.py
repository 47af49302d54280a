"""What is written is there whole or not at all, and a disk that is full is told in one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.training.cards import write_card
from engine.training.catalogue import build
from engine.training.catalogue.build import Build, Tools
from engine.training.catalogue.errors import CatalogueRefusedError
from engine.training.catalogue.origin import Origin, write_origin
from engine.training.catalogue.records import Records
from engine.training.catalogue.report import write_report


def _write_card(folder: Path) -> None:
    write_card(folder, {"model": "restore"})


def _write_origin(folder: Path) -> None:
    write_origin(folder, Origin("our rings"))


def _write_report(folder: Path) -> None:
    write_report(folder, folder, Records([], []))


def _begin_build(folder: Path) -> None:
    Build(folder, 64, Tools(None, None, ()))  # type: ignore[arg-type]


def _save_picture(folder: Path) -> None:
    build._save(np.zeros((8, 8, 3), np.uint8), folder / "1.png")


@pytest.mark.parametrize("write", [_write_card, _write_origin, _write_report, _begin_build, _save_picture])
def test_what_cannot_be_put_in_its_place_leaves_nothing(
    write: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        write(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_settings_that_are_empty_are_named(tmp_path: Path) -> None:
    (tmp_path / "settings.json").touch()
    with pytest.raises(CatalogueRefusedError, match=r"settings\.json is damaged .*; choose another --out"):
        _begin_build(tmp_path)
