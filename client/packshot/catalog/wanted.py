"""What a catalogue's run wants of the server, row by row, and which of it stands already."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packshot.catalog.ledger import CatalogLedger, digest_of
from packshot.catalog.results import RowResult
from packshot.catalog.rows import CatalogRow, files_in
from packshot.operation_text import with_uploads


@dataclass(frozen=True)
class Wanted:
    """Rows, what is asked for all of them (files in operations being paths), and the upload's id of each file."""

    rows: list[CatalogRow]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    ids: Mapping[Path, str] = field(default_factory=dict)

    @property
    def files(self) -> list[Path]:
        """Every file that is used."""
        return [*files_in(self.defaults.get("operations")), *(path for row in self.rows for path in row.files)]

    def shared(self) -> dict[str, Any]:
        """What is asked for all rows, as the wire takes it."""
        return self._sent(self.defaults)

    def wire(self, row: CatalogRow) -> dict[str, Any]:
        """A row as the wire takes it."""
        photo = {} if row.photo is None else {"upload": self.ids[row.photo]}
        return {"sku": row.sku, **photo, **self._sent(row.asked)}

    def digest(self, row: CatalogRow) -> str:
        """A hash of the row's photo and of everything that is asked for it, but not of its SKU or place in the file."""
        told = {name: value for name, value in self.wire(row).items() if name != "sku"}
        asked = {"renditions": told.pop("preset")} if "preset" in told else {}
        return digest_of([{**self.shared(), **asked, **told}])

    def _sent(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        operations = asked.get("operations")
        if not isinstance(operations, list):
            return dict(asked)
        return {
            **asked,
            "operations": [with_uploads(one, lambda file: self.ids[Path(str(file))]) for one in operations],
        }


@dataclass(frozen=True)
class Standing:
    """How far earlier runs came: what is done, what failed, what is `left`; `edited` pictures are somebody's by now."""

    done: list[RowResult]
    failed: list[RowResult]
    left: list[CatalogRow]
    edited: list[str]


def standing(wanted: Wanted, ledger: CatalogLedger, folder: Path, *, retry_failed: bool) -> Standing:
    """A row is done where all its pictures are there, made of the photo as it is now and of what is asked now.

    A picture that was edited since counts as there, and stays; one that was deleted is made again.
    """
    found = Standing([], [], [], [])
    for row in wanted.rows:
        result = ledger.results.get(row.sku)
        if result is None or result.asked != wanted.digest(row) or not _is_there(result, folder):
            found.left.append(row)
        elif result.ok:
            found.done.append(result)
            found.edited.extend(_edited(result, folder, ledger))
        elif retry_failed or result.state != "failed":
            found.left.append(row)
        else:
            found.failed.append(result)
    return found


def _is_there(result: RowResult, folder: Path) -> bool:
    return all((folder / one.file).is_file() for one in result.files)


def _edited(result: RowResult, folder: Path, ledger: CatalogLedger) -> Iterable[str]:
    return (one.file for one in result.pictures if not ledger.made(folder / one.file))
