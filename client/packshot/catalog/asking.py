"""Rows as people write them become what `POST /v1/batches` takes."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypedDict

from packshot.flows.steps import Request
from packshot.models import Upload
from packshot.operation_text import Operation, as_operations, with_uploads

AUTO = "auto"
ANSWER_S = 300.0  # for ten thousand rows, each of which the server looks at
File = Path | bytes
Row = Mapping[str, Any]


class CatalogFields(TypedDict, total=False):
    """What can be said of all rows: see Catalog."""

    preset: str | Iterable[str]
    operations: str | Iterable[Operation]
    defaults: Mapping[str, Any]
    name: str | None
    webhook: Mapping[str, Any] | None


@dataclass(frozen=True)
class Catalog:
    """Rows, and what is asked for all of them alike; a row's own fields win."""

    rows: list[Row]
    preset: str | Iterable[str] = ()
    operations: str | Iterable[Operation] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    name: str | None = None
    webhook: Mapping[str, Any] | None = None

    def files(self) -> list[File]:
        """The photos, and the pictures of operations, that the rows name; each once."""
        return list(dict.fromkeys(file for _, _, file in self.named_files()))

    def named_files(self) -> Iterator[tuple[int, str, File]]:
        """Each file with the row that names it, from 1, and where in it; row 0 is what all rows share.

        Raises ValueError, TypeError.
        """
        yield from ((0, "/operations", file) for file in _files_in(lambda send: _operations(self.operations, send)))
        for number, row in enumerate(self.rows, 1):
            _require_one_source(row, number)
            for name in ("photo", "operations"):
                part = {name: row.get(name)}
                for file in _files_in(partial(_wire_row, part, number)):
                    yield number, f"/{name}", file

    def body(self, send: Callable[[File], str]) -> dict[str, Any]:
        """The document to send, with the id that `send` gives in the place of each file. Raises ValueError, TypeError.

        A row has one of `photo` (a path, bytes, or an Upload), `upload` and `url`.
        """
        presets, operations = _presets(self.preset), _operations(self.operations, send)
        shared: dict[str, Any] = {**({"renditions": presets} if presets else {}), **_present("operations", operations)}
        shared |= self.defaults
        named: dict[str, Any] = {} if self.name is None else {"name": self.name}
        named |= {} if self.webhook is None else {"webhook": dict(self.webhook)}
        items = [_wire_row(row, number, send) for number, row in enumerate(self.rows, 1)]
        return {**named, **({"defaults": shared} if shared else {}), "items": items}


def start_request(body: Row, key: str, *, skip_invalid: bool) -> Request:
    """Starts the batch; the same key gives the same one again. Raises InvalidRequest where a row is at fault."""
    return Request(
        "POST",
        "/v1/batches",
        json=body,
        params={"skip_invalid": "true"} if skip_invalid else None,
        headers={"Idempotency-Key": key},
        read_timeout_s=ANSWER_S,
    )


def check_request(body: Row) -> Request:
    """What the server would say of every row; nothing is started."""
    return Request("POST", "/v1/batches", json=body, params={"validate_only": "true"}, read_timeout_s=ANSWER_S)


def id_of(file: File) -> str:
    """The id that a file's upload has, or will have: its SHA-256. Raises OSError."""
    if isinstance(file, bytes):
        return f"sha256:{hashlib.sha256(file).hexdigest()}"
    with file.open("rb") as opened:
        return f"sha256:{hashlib.file_digest(opened, 'sha256').hexdigest()}"


def _files_in(write: Callable[[Callable[[File], str]], Any]) -> list[File]:
    """The files that are asked for while something is written."""
    found: list[File] = []

    def note(file: File) -> str:
        found.append(file)
        return ""

    write(note)
    return found


def _wire_row(row: Row, number: int, send: Callable[[File], str]) -> dict[str, Any]:
    _require_one_source(row, number)
    wire = {name: value for name, value in row.items() if value is not None}
    if "photo" in wire:
        wire["upload"] = _photo_id(wire.pop("photo"), send)
    if "preset" in wire:
        wire["preset"] = _presets(wire["preset"])
    if "operations" in wire:
        wire["operations"] = _operations(wire["operations"], send)
    return wire


def _require_one_source(row: Row, number: int) -> None:
    sources = [name for name in ("photo", "upload", "url") if row.get(name) is not None]
    if len(sources) > 1:
        raise ValueError(f"row {number} has {' and '.join(sources)}; one photo is needed")


def _photo_id(photo: Any, send: Callable[[File], str]) -> str:
    if isinstance(photo, Upload):
        return photo.id
    return send(photo if isinstance(photo, bytes) else Path(os.fspath(photo)))


def _presets(preset: str | Iterable[str]) -> list[str]:
    return [preset] if isinstance(preset, str) else list(preset)


def _operations(operations: str | Iterable[Operation], send: Callable[[File], str]) -> str | list[dict[str, Any]]:
    """`auto` stands for what the photo needs; anything else is a list."""
    if operations == AUTO:
        return AUTO
    return [with_uploads(one, send) for one in as_operations(operations)]


def _present(name: str, value: Any) -> dict[str, Any]:
    return {name: value} if value else {}
