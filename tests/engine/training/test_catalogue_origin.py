from __future__ import annotations

from pathlib import Path

import pytest

from engine.training.catalogue.errors import CatalogueRefusedError
from engine.training.catalogue.origin import Origin, origin_of, with_origin, write_origin
from engine.training.data import DataUse

USE = DataUse("a cleaned catalogue", "its owner's", "all", 80, "cut out")


def test_a_licence_that_was_told_once_stays_and_is_repeated(tmp_path: Path) -> None:
    assert with_origin([USE], tmp_path) == [USE]
    write_origin(tmp_path, Origin(licence="CC0 1.0"))
    write_origin(tmp_path, Origin())
    write_origin(tmp_path, Origin(name="our rings"))
    assert origin_of(tmp_path) == Origin("our rings", "CC0 1.0")
    assert with_origin([USE], tmp_path) == [DataUse("our rings", "CC0 1.0", "all", 80, "cut out")]


@pytest.mark.parametrize("content", ["CC0", '{"license": "CC0"}', "[1]"])
def test_a_file_of_something_else_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "origin.json").write_text(content)
    with pytest.raises(CatalogueRefusedError, match=r'origin\.json cannot be read; needed: {"name": TEXT'):
        origin_of(tmp_path)
