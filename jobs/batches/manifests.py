"""From a manifest's bytes to its rows: JSON, JSON lines, or CSV as spreadsheets write it. Knows no spec.

What is wrong with one row is that row's fault, and the others are read all the same; what makes the whole manifest
unreadable is a ProblemError.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from jobs.batches.cells import KNOWN_COLUMNS, PATH_COLUMNS, column_name, read_cell
from jobs.problems import ProblemError
from jobs.spec.fields import READABLE
from jobs.spec.guesses import unknown
from jobs.strict_json import parse_json

Kind = Literal["json", "jsonl", "csv"]

_MEMBERS = ("name", "defaults", "webhook", "items")
_MAX_NAME = 200
_MAX_IGNORED = 100
_MAX_COLUMNS = 1000
_MAX_BLANK = 100_000  # lines with nothing in them, between rows and behind them
_DELIMITERS = ",;\t"


@dataclass(frozen=True)
class RowFault:
    """What is wrong with a row (counted from 1; 0 = with the defaults): where in it, and where that stands in a file.

    ``pointer`` is a JSON pointer (RFC 6901) into the row, ``column`` a CSV's own name for it, ``line`` counts from 1.
    """

    row: int
    detail: str
    pointer: str = ""
    column: str | None = None
    line: int | None = None

    def to_json(self) -> dict[str, Any]:
        """The members as clients see them; what is not known is left out."""
        return {name: value for name, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class Row:
    """One row as it was written: fields by name, and what could not even be read."""

    number: int
    fields: dict[str, Any]
    line: int | None = None
    columns: dict[str, str] = field(default_factory=dict)
    faults: tuple[RowFault, ...] = ()
    paths_column: str | None = None  # a CSV's own name of a column that the command line reads, and no server can

    def fault(self, detail: str, pointer: str = "") -> RowFault:
        """Say what is wrong with this row."""
        name = pointer.strip("/").partition("/")[0]
        return RowFault(self.number, detail, pointer, self.columns.get(name), self.line)


class _Head:
    """A CSV's first line: its titles, what each means to us, and the titles by that name, which all rows share."""

    def __init__(self, titles: list[str], names: list[str]) -> None:
        self.titles = titles
        self.names = names
        self.columns = {name: title.strip() for name, title in zip(names, titles, strict=True)}


@dataclass(frozen=True)
class Manifest:
    """All rows, what they have in common, and the columns that mean nothing to us. ``webhook`` is JSON, unread."""

    rows: tuple[Row, ...]
    name: str | None = None
    defaults: dict[str, Any] = field(default_factory=dict)
    ignored_columns: tuple[str, ...] = ()
    webhook: Any = None


def read_manifest(data: bytes, kind: Kind, max_rows: int) -> Manifest:
    """Read 1 to ``max_rows`` rows. Raises ProblemError: malformed-json, malformed-body, invalid-parameter."""
    reader = {"json": _read_json, "jsonl": _read_jsonl, "csv": _read_csv}[kind]
    manifest = reader(data, max_rows)
    if not manifest.rows:
        raise _refused("the manifest has no rows; allowed are 1 to " + str(max_rows))
    return manifest


def read_defaults(value: object) -> dict[str, Any]:
    """What all rows have in common, as JSON gave it. Raises ProblemError invalid-parameter."""
    if not isinstance(value, dict):
        raise _refused("the defaults should be an object with a job's fields", "/defaults")
    return value


def _read_json(data: bytes, max_rows: int) -> Manifest:
    document = parse_json(data)
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        raise _refused('the body should be {"items": [one object for each row], …}', "/items")
    if strange := [name for name in document if name not in _MEMBERS]:
        raise _refused(unknown("field", strange[0], _MEMBERS), f"/{strange[0][:60]}")
    name = document.get("name")
    if name is not None and not _is_name(name):
        raise _refused(f"the name should be a text of 1 to {_MAX_NAME} characters, none of them a control", "/name")
    items = document["items"]
    if len(items) > max_rows:
        raise _refused(f"the manifest has {len(items)} rows; allowed are 1 to {max_rows}", "/items")
    rows = tuple(_json_row(number, item, None) for number, item in enumerate(items, 1))
    return Manifest(rows, name, read_defaults(document.get("defaults", {})), webhook=document.get("webhook"))


def _is_name(name: object) -> bool:
    """JSON can spell halves of characters, which no answer could hold: UTF-8 has none."""
    if not isinstance(name, str) or not 0 < len(name) <= _MAX_NAME or not re.fullmatch(READABLE, name):
        return False
    return not any("\ud800" <= character <= "\udfff" for character in name)


def _read_jsonl(data: bytes, max_rows: int) -> Manifest:
    rows: list[Row] = []
    for line, text in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n", max_rows + _MAX_BLANK), 1):
        if not text.strip():
            continue
        if line > max_rows + _MAX_BLANK:
            raise _refused(f"the manifest has more than the {_MAX_BLANK} empty lines allowed")
        if len(rows) == max_rows:
            raise _refused(f"the manifest has more rows than the {max_rows} allowed")
        try:
            rows.append(_json_row(len(rows) + 1, parse_json(text), line))
        except ProblemError as error:
            fault = RowFault(len(rows) + 1, error.problem.detail.replace("the body", "the line"), line=line)
            rows.append(Row(fault.row, {}, line, faults=(fault,)))
    return Manifest(tuple(rows))


def _json_row(number: int, item: object, line: int | None) -> Row:
    if isinstance(item, dict):
        return Row(number, item, line)
    return Row(number, {}, line, faults=(RowFault(number, "a row should be an object", line=line),))


def _read_csv(data: bytes, max_rows: int) -> Manifest:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        detail = f"the CSV is not UTF-8: byte {error.start} is not valid; save it as 'CSV UTF-8'"
        raise ProblemError("malformed-body", detail) from error
    lines = _lines(text)
    header = next(lines, (1, []))[1]
    head = _Head(header, _column_names(header))
    rows: list[Row] = []
    for line, cells in lines:
        if len(rows) == max_rows:
            raise _refused(f"the manifest has more rows than the {max_rows} allowed")
        rows.append(_csv_row(len(rows) + 1, line, cells, head))
    ignored = [title.strip() for title, name in zip(header, head.names, strict=True) if name not in KNOWN_COLUMNS]
    told = tuple(title[:_MAX_NAME] for title in ignored if title)[:_MAX_IGNORED]
    return Manifest(tuple(rows), ignored_columns=told)


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each record that is not blank, and the line it begins at; a quoted cell may go over several lines."""
    first = text.lstrip("\r\n ").partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins, blank = 1, 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield begins, cells
            elif (blank := blank + 1) > _MAX_BLANK:
                raise _refused(f"the CSV has more than the {_MAX_BLANK} empty lines allowed")
            begins = reader.line_num + 1
    except csv.Error as error:
        raise ProblemError("malformed-body", f"the CSV cannot be read at line {begins}: {error}") from error


def _column_names(header: list[str]) -> list[str]:
    if len(header) > _MAX_COLUMNS:
        raise _refused(f"the first line names {len(header)} columns; allowed are {_MAX_COLUMNS}")
    names = [column_name(cell) for cell in header]
    known = [name for name in names if name in KNOWN_COLUMNS]
    if not known:
        shown = ", ".join(sorted(KNOWN_COLUMNS))
        raise _refused(f"the first line should name the columns, such as sku and upload; known are {shown}")
    if repeated := next((name for name in known if known.count(name) > 1), None):
        raise _refused(f"the column {repeated!r} occurs twice")
    return names


def _csv_row(number: int, line: int, cells: list[str], head: _Head) -> Row:
    header, names = head.titles, head.names
    fields: dict[str, Any] = {}
    faults: list[RowFault] = []
    for title, name, cell in zip(header, names, cells, strict=False):
        if name not in KNOWN_COLUMNS or not cell.strip():
            continue
        try:
            fields[name] = read_cell(name, cell)
        except ValueError as error:
            faults.append(RowFault(number, str(error), f"/{name}", title.strip(), line))
    if any(cell.strip() for cell in cells[len(header) :]):
        detail = f"the row has {len(cells)} cells, but the header names {len(header)} columns"
        faults.append(RowFault(number, detail, line=line))
    path = next((at for at, name in enumerate(names[: len(cells)]) if name in PATH_COLUMNS and cells[at].strip()), None)
    return Row(
        number, fields, line, head.columns, tuple(faults), None if path is None else header[path].strip()[:_MAX_NAME]
    )


def _refused(detail: str, pointer: str = "") -> ProblemError:
    return ProblemError("invalid-parameter", detail, errors=[{"row": 0, "pointer": pointer, "detail": detail}])
