"""A record of a catalogue's file becomes a row: its SKU, its photo, and what is asked for it. Opens no photo."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from packshot.catalog.asking import AUTO
from packshot.catalog.faults import Fault
from packshot.catalog.files import SOURCES, Record, Table, why_unsendable
from packshot.operation_text import as_operations, files_of, parse_operation
from packshot.photos import shown

COLUMNS = ("sku", *SOURCES, "preset", "color", "operations")
SPEC_FIELDS = frozenset({"renditions", "output", "seed", "check", "review", "deadline_s", "metadata"})
MOST_SKU_LETTERS = 200
T = TypeVar("T")


@dataclass(frozen=True)
class CatalogRow:
    """A row that can be asked for. `asked`: fields of its own, files in operations being paths.

    The photo is a file here (`photo`), or in `asked` as `url` or `upload`.
    """

    row: int
    line: int
    sku: str
    photo: Path | None = None
    asked: Mapping[str, Any] = field(default_factory=dict)

    @property
    def files(self) -> list[Path]:
        """The photo, and the pictures that its operations use."""
        photo = [] if self.photo is None else [self.photo]
        return photo + files_in(self.asked.get("operations"))

    def fault(self, detail: str, column: str = "") -> Fault:
        """A fault of this row."""
        return Fault(self.row, self.line, detail, column, self.sku)


class CellError(ValueError):
    """A cell that cannot be understood."""

    def __init__(self, column: str, detail: str) -> None:
        super().__init__(detail)
        self.column = column


def rows_of(table: Table, folder: Path) -> tuple[list[CatalogRow], list[Fault]]:
    """The rows of a table, photos being relative to `folder`; and the faults of all others, with the table's own."""
    rows: list[CatalogRow] = []
    faults = list(table.faults)
    names = _Skus(table.records)
    for record in table.records:
        looked = _Looked()
        sku = looked.at(partial(names.of, record)) or _text(record.cells.get("sku"))
        photo, asked = _understood(record, folder, table.is_json, looked)
        faults += [Fault(record.row, record.line, str(error), error.column, sku) for error in looked.errors]
        if not looked.errors:
            rows.append(CatalogRow(record.row, record.line, sku, photo, asked))
    return rows, faults


class _Looked:
    """Cells that are looked at one by one, so that every fault of a row is told at once."""

    def __init__(self) -> None:
        self.errors: list[CellError] = []

    def at(self, read: Callable[[], T]) -> T | None:
        """What is read there; None where it cannot be understood, which is noted."""
        try:
            return read()
        except CellError as error:
            self.errors.append(error)
            return None


def ignored_columns(table: Table) -> list[str]:
    """The columns that nothing is made of, in the file's order."""
    known = {*COLUMNS, *(SPEC_FIELDS if table.is_json else ())}
    return [name for name in table.columns if name and name not in known]


def operations_of(text: str) -> str | list[dict[str, Any]]:
    """`relight; restore; upscale:factor=2`, or JSON, or `auto`. Raises ValueError."""
    if text.strip() == AUTO:
        return AUTO
    if text.lstrip().startswith("["):
        return as_operations(json.loads(text))
    if text.lstrip().startswith("{"):
        return [parse_operation(text)]
    return [parse_operation(one) for one in text.split(";") if one.strip()]


def files_in(operations: Any) -> list[Path]:
    """The files that a list of operations names."""
    return [path for one in operations for path in files_of(one)] if isinstance(operations, list) else []


class _Skus:
    """A SKU for each record: its own, which no other may have, else one made of its photo's name."""

    def __init__(self, records: list[Record]) -> None:
        self._own: dict[str, int] = {}
        for record in records:
            self._own.setdefault(_text(record.cells.get("sku")), record.row)
        self._made: set[str] = set()

    def of(self, record: Record) -> str:
        """Raises CellError for one that is another's, or too long."""
        own = _text(record.cells.get("sku"))
        if not own:
            return self._make(record)
        if self._own[own] != record.row:
            raise CellError("sku", f"the SKU {own!r} is that of row {self._own[own]} too")
        if len(own) > MOST_SKU_LETTERS:
            raise CellError("sku", f"the SKU has {len(own)} letters; {MOST_SKU_LETTERS} are allowed")
        return own

    def _make(self, record: Record) -> str:
        stem = (_photo_name(record.cells) or f"row-{record.row}")[: MOST_SKU_LETTERS - 8]
        names = (stem if number == 1 else f"{stem}-{number}" for number in count(1))
        name = next(name for name in names if name not in self._own and name not in self._made)
        self._made.add(name)
        return name


def _photo_name(cells: Mapping[str, Any]) -> str:
    told = _text(cells.get("photo") or cells.get("url"))
    path = unquote(urlsplit(told).path) if _is_url(told) else told
    return shown(Path(path.replace("\\", "/")).stem).strip()


def _understood(record: Record, folder: Path, is_json: bool, looked: _Looked) -> tuple[Path | None, dict[str, Any]]:
    cells = record.cells
    source, told = looked.at(lambda: _source(cells)) or ("", "")
    photo = looked.at(lambda: _found(told, folder)) if source == "photo" else None
    asked: dict[str, Any] = {source: told} if source not in ("", "photo") else {}
    for name, read in _READERS.items():
        if name in cells:
            asked[name] = looked.at(partial(read, cells[name], folder))
    if is_json:
        asked |= {name: cells[name] for name in SPEC_FIELDS & cells.keys()}
    return photo, asked


def _source(cells: Mapping[str, Any]) -> tuple[str, str]:
    """Where the photo is: a path in `photo` may also be an address, or the id of an upload."""
    given = {name: _text(cells[name]) for name in SOURCES if name in cells}
    if not given:
        raise CellError("photo", "there is no photo: fill photo (a path), url, or upload (an id)")
    if len(given) > 1:
        raise CellError("photo", f"it has {' and '.join(given)}; one photo is needed")
    ((name, told),) = given.items()
    if name == "photo":
        name = "url" if _is_url(told) else "upload" if told.startswith("sha256:") else "photo"
    return name, told


def _found(told: str, folder: Path) -> Path:
    """The file, also where its path was written on Windows."""
    for written in dict.fromkeys((told, told.replace("\\", "/"))):
        try:
            if (folder / written).is_file():
                return folder / written
        except (OSError, ValueError) as error:  # a name that is too long, or has a NUL
            raise CellError("photo", f"{told[:80]!r} is no path: {error}") from error
    what = "a folder, not a photo" if (folder / told).is_dir() else "not there"
    raise CellError("photo", f"{shown(folder / told)} is {what}")


def _presets(told: Any) -> list[str]:
    return [str(one) for one in told] if isinstance(told, list) else re.split(r"[\s;,|]+", _text(told))


def _sendable(column: str, value: Any) -> Any:
    if why := why_unsendable(value):
        raise CellError(column, f"it cannot be sent: {why}")
    return value


def _color(told: Any) -> Any:
    if isinstance(told, str) and told.startswith(("[", "{")):
        try:
            return json.loads(told)
        except (ValueError, RecursionError) as error:
            raise CellError("color", f"{told[:80]!r} is not JSON: {error}") from error
    return told


def placed_operations(told: Any, folder: Path) -> str | list[dict[str, Any]]:
    """Operations as a cell or a JSON file's defaults have them, files being relative to `folder`. Raises CellError."""
    operations: str | list[dict[str, Any]] = _sendable("operations", _operations(told, folder))
    return operations


def _operations(told: Any, folder: Path) -> str | list[dict[str, Any]]:
    try:
        operations = operations_of(told) if isinstance(told, str) else as_operations(told)
    except (ValueError, TypeError, RecursionError) as error:
        raise CellError("operations", str(error)) from error
    if isinstance(operations, str):
        return operations
    placed = [{name: _placed(value, folder) for name, value in one.items()} for one in operations]
    for path in files_in(placed):
        try:
            there = path.is_file()
        except (OSError, ValueError) as error:  # a name that is too long, or has a NUL
            raise CellError("operations", f"{shown(path)[:80]!r} is no path: {error}") from error
        if not there:
            raise CellError("operations", f"{shown(path)} is not there")
    return placed


def _placed(value: Any, folder: Path) -> Any:
    """A file of an operation is relative to the same folder as the photos."""
    if isinstance(value, list):
        return [_placed(one, folder) for one in value]
    return folder / value if isinstance(value, Path) else value


def _is_url(text: str) -> bool:
    return text.casefold().startswith(("http://", "https://"))


def _text(value: Any) -> str:
    return "" if value is None or isinstance(value, dict | list) else str(value).strip()


_READERS: Mapping[str, Callable[[Any, Path], Any]] = {
    "preset": lambda told, _: _presets(told),
    "color": lambda told, _: _sendable("color", _color(told)),
    "operations": placed_operations,
}
