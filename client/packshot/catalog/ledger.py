"""What a catalogue's run has done, in a file of JSON lines beside the results: it outlives a crash, and Ctrl-C."""

import hashlib
import json
import os
import threading
import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from packshot.catalog.places import place
from packshot.catalog.results import RowResult
from packshot.errors import CatalogBusy
from packshot.photos import shown
from packshot.standing import kept, sha256_of

LEDGER_FILE = ".packshot-catalog.jsonl"
_HEAD = {"packshot": "catalog", "version": 1}
_BEGINNING = json.dumps(_HEAD).removesuffix("}")


@dataclass(frozen=True)
class Begun:
    """A batch that was started: on which server, and of each row by its SKU the hash of what was asked for it."""

    id: str
    server: str
    rows: Mapping[str, str]


class CatalogLedger:
    """The ledger of a folder. Use it in a `with`, which keeps other runs out; thread-safe.

    Lines are only added. One that a crash cut off is not read; what it would have told is done again.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / LEDGER_FILE
        self._lock = threading.Lock()
        self._made: set[tuple[str, str]] = set()  # every file that was ever written: its place and SHA-256
        self.results: dict[str, RowResult] = {}
        self.begun: dict[str, Begun] = {}
        self.batches = 0  # that were ever started
        self.run = ""  # of this folder alone, and kept: batches are started in its name

    def __enter__(self) -> "CatalogLedger":
        """Raises FileKept for a file of that name which is none of ours, CatalogBusy while another run goes on."""
        self._file = self._path.open("a", encoding="utf-8")
        try:
            text = self._locked_text()
        except BaseException:
            self._file.close()
            raise
        for line in filter(None, map(_read, text.split("\n"))):
            with suppress(KeyError, TypeError):
                self._take_in(line)
        if text and not text.endswith("\n"):
            self._file.write("\n")
        if not self.run:  # also of a ledger that an older version began
            self._note({**_HEAD, "run": uuid.uuid4().hex})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    @property
    def folders(self) -> dict[str, str]:
        """The folder of each SKU that has one."""
        with self._lock:
            return {sku: one.files[0].file.partition("/")[0] for sku, one in self.results.items() if one.files}

    def note_begun(self, begun: Begun) -> None:
        """A batch was started."""
        self._note({"batch": begun.id, "server": begun.server, "rows": dict(begun.rows)})

    def note_over(self, batch_id: str) -> None:
        """Nothing is left to be had of a batch."""
        self._note({"over": batch_id})

    def note_row(self, result: RowResult) -> None:
        """A row ended; called before its files are put into their places."""
        self._note({"result": result.to_json()})

    def made(self, path: Path) -> bool:
        """Whether the file is as we wrote it, at some time: somebody's own is not, nor one that was edited."""
        told = path.relative_to(self._folder).as_posix(), sha256_of(path)
        with self._lock:
            return told in self._made

    def write(self, name: str, text: str) -> Path:
        """Writes a file of the folder anew; beside one of that name that is somebody's. Returns where."""
        path = place(self._folder, name, (), self.made)
        data = text.encode("utf-8", "surrogateescape")
        self._note({"file": path.name, "sha256": hashlib.sha256(data).hexdigest()})
        partial = path.with_name(f".{path.name}.part")
        partial.write_bytes(data)
        partial.replace(path)
        return path

    def remove(self, name: str) -> None:
        """Removes a file of an earlier run; somebody's stays."""
        if self.made(self._folder / name):
            (self._folder / name).unlink()

    def _locked_text(self) -> str:
        if not _lock(self._file.fileno()):
            where = shown(self._folder)
            raise CatalogBusy(f"another `packshot catalog run` is at work in {where}: stop it, or give another -o")
        text = self._path.read_text(encoding="utf-8", errors="replace")
        if "\n" not in text and _BEGINNING.startswith(text[: len(_BEGINNING)]):
            self._file.truncate(0)  # a crash, or a full disk, cut the first line off: nothing was begun yet
            return ""
        head = _read(text.partition("\n")[0]) or {}
        if text and head.get("packshot") != _HEAD["packshot"]:
            raise kept(self._path)
        return text

    def _note(self, line: Mapping[str, Any]) -> None:
        with self._lock:
            self._take_in(line)
            self._add(line)

    def _add(self, line: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(line) + "\n")  # ASCII alone: no name can break a line
        self._file.flush()
        os.fsync(self._file.fileno())

    def _take_in(self, line: Mapping[str, Any]) -> None:
        if "run" in line:
            self.run = str(line["run"])
        elif "batch" in line:
            self.begun[line["batch"]] = Begun(line["batch"], line["server"], line["rows"])
            self.batches += 1
        elif "over" in line:
            self.begun.pop(line["over"], None)
        elif "result" in line:
            result = RowResult.from_json(line["result"])
            self.results[result.sku] = result
            self._made.update((one.file, one.sha256) for one in result.files)
        elif "file" in line:
            self._made.add((line["file"], line["sha256"]))


def batches_of(folder: Path) -> list[str]:
    """The batches that runs into the folder have started, the last one last."""
    try:
        text = (folder / LEDGER_FILE).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    return list(dict.fromkeys(str(line["batch"]) for line in map(_read, text.split("\n")) if line and "batch" in line))


def digest_of(parts: Iterable[Any]) -> str:
    """A hash of JSON values."""
    return hashlib.sha256(json.dumps(list(parts), sort_keys=True).encode()).hexdigest()


def _read(line: str) -> dict[str, Any] | None:
    try:
        told = json.loads(line)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def _lock(descriptor: int) -> bool:
    """Takes the lock of an open file unless another run has it; always where the system knows no such locks."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
