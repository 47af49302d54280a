"""Reads a catalogue's file, CSV, JSON lines or JSON, into rows with their numbers. Looks at no photo."""

import codecs
import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packshot.catalog.faults import CatalogUnreadable, Fault

MOST_ROWS = 10_000
SOURCES = ("photo", "url", "upload")
DELIMITERS = ",;\t"
_JSON_LINES = frozenset({".jsonl", ".ndjson"})
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True)
class Record:
    """One row as it stands in the file: `cells` by lower-case column. An empty cell of a CSV is not among them."""

    row: int
    line: int
    cells: Mapping[str, Any]


@dataclass
class Table:
    """What a file holds: rows, those that cannot be read, what a JSON file says of all rows, and its columns.

    The columns of a CSV are a merchant's own; the fields of a row in JSON are meant for Packshot (`is_json`).
    """

    records: list[Record] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    columns: dict[str, None] = field(default_factory=dict)
    is_json: bool = False

    @property
    def total(self) -> int:
        """All rows, with those that cannot be read."""
        return len(self.records) + len(self.faults)


def why_unsendable(value: Any) -> str | None:
    """Why a value cannot be sent, files in it being paths; None where it can."""
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False, default=lambda _: "").encode()
    except UnicodeEncodeError:
        return "it holds half a character, a lone surrogate"
    except RecursionError:
        return "its lists are nested too deeply"
    except ValueError:
        return "it holds a number that is not finite"
    return None


def read_table(path: Path) -> Table:
    """The rows of a file, by its suffix: .jsonl or .ndjson, .json, anything else is CSV.

    Raises CatalogUnreadable for a file that is none of these, holds no row or more than 10,000, or has no column for
    photos; OSError.
    """
    text = _text(path)
    suffix = path.suffix.lower()
    table = _lines(text) if suffix in _JSON_LINES else _document(text) if suffix == ".json" else _csv(text)
    if not table.total:
        raise CatalogUnreadable("it holds no row")
    if table.total > MOST_ROWS:
        raise CatalogUnreadable(f"it holds {table.total:,} rows; at most {MOST_ROWS:,} are taken at once: split it")
    for record in table.records:
        table.columns.update(dict.fromkeys(record.cells))
    if table.records and not any(name in table.columns for name in SOURCES):
        there = ", ".join(filter(None, table.columns)) or "none"
        raise CatalogUnreadable(f"it has no column {' or '.join(SOURCES)}; its columns are {there}")
    return table


def _text(path: Path) -> str:
    data = path.read_bytes()
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CatalogUnreadable(f"line {line} is not UTF-8: save it as UTF-8 (in Excel: “CSV UTF-8”)") from error


def _csv(text: str) -> Table:
    head = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(DELIMITERS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    table = Table()
    try:
        for number, (line, names) in enumerate(_csv_rows(reader)):
            if number == 0:
                header = _header(names)
                table.columns.update(dict.fromkeys(header))
                continue
            _add_csv_row(table, header, Record(number, line, {}), names)
    except csv.Error as error:
        raise CatalogUnreadable(f"line {reader.line_num} is not CSV: {error}") from error
    return table


def _csv_rows(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not blank, each with the line that it begins on."""
    before = 0
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield before + 1, cells
        before = reader.line_num


def _header(names: list[str]) -> list[str]:
    header = [name.strip().casefold() for name in names]
    twice = [name for name, number in Counter(filter(None, header)).items() if number > 1]
    if twice:
        raise CatalogUnreadable(f"its header has the column {twice[0]!r} twice")
    return header


def _add_csv_row(table: Table, header: list[str], place: Record, cells: list[str]) -> None:
    extra = [cell for cell in cells[len(header) :] if cell.strip()]
    if extra:
        detail = f"the row has {len(cells)} cells and the header {len(header)}: a cell with a comma needs quotes"
        table.faults.append(Fault(place.row, place.line, detail))
        return
    found = {name: cell.strip() for name, cell in zip(header, cells, strict=False) if name and cell.strip()}
    table.records.append(Record(place.row, place.line, found))


def _lines(text: str) -> Table:
    table = Table(is_json=True)
    numbered = [(line, told) for line, told in enumerate(text.split("\n"), 1) if told.strip()]
    for row, (line, told) in enumerate(numbered, 1):
        try:
            _add_object(table, row, line, _read_json(told))
        except ValueError as error:
            table.faults.append(Fault(row, line, f"the line is not JSON: {error}"))
    return table


def _document(text: str) -> Table:
    """A list of rows, or `{"items": [row…], "defaults": {…}}` as the server takes it."""
    try:
        document = _read_json(text)
    except ValueError as error:
        raise CatalogUnreadable(f"it is not JSON: {error}") from error
    defaults = document.get("defaults") or {} if isinstance(document, dict) else {}
    items = document.get("items") if isinstance(document, dict) else document
    if not isinstance(items, list) or not isinstance(defaults, dict):
        raise CatalogUnreadable('expected a list of rows, or {"items": [row…], "defaults": {…}}')
    if why := why_unsendable(defaults):
        raise CatalogUnreadable(f"what it says of all rows cannot be sent: {why}")
    table = Table(defaults=defaults, is_json=True)
    for row, item in enumerate(items, 1):
        _add_object(table, row, 0, item)
    return table


def _add_object(table: Table, row: int, line: int, item: Any) -> None:
    if not isinstance(item, dict):
        table.faults.append(Fault(row, line, f"the row is {json.dumps(item)[:40]}; expected an object"))
        return
    if why := why_unsendable(item):
        table.faults.append(Fault(row, line, f"the row cannot be sent: {why}"))
        return
    cells = {name.strip().casefold(): value for name, value in item.items() if value is not None}
    table.records.append(Record(row, line, cells))


def _read_json(text: str) -> Any:
    """Raises ValueError, also for what JSON has no word for and for what is nested too deeply."""

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is no number of JSON")

    try:
        return json.loads(text, parse_constant=refuse)
    except RecursionError as error:
        raise ValueError("its lists are nested too deeply") from error
