"""Which picture of an augmented data set came from which photo: a file of JSON lines that outlives a crash."""

import hashlib
import json
import os
import re
import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from packshot.augmenting import replace_text
from packshot.outcomes import Outcome
from packshot.photos import Task
from packshot.standing import kept

LEDGER_FILE = "pictures.jsonl"
_BEGINNING = '{"picture": "'  # of each line
_PICTURE = re.compile(r'\{"picture": ("(?:[^"\\]|\\.)*")')
Row = Mapping[str, Any]


class Ledger:
    """The lines of `folder`, for photos in `source`. Use it in a `with`; only `expect` may be called on any thread.

    A job's lines are written right before its pictures are put into their places, and a picture that is not there does
    not count: whatever ends a run, no job counts as half done, and no picture is there without a line. `facts` stand in
    every line that is added. Raises OSError where the file cannot be read or written.
    """

    def __init__(self, folder: Path, source: Path, facts: Mapping[str, Any]) -> None:
        self._folder = folder
        self._source = source
        self._facts = facts
        self._rows: dict[str, dict[int, Row]] = defaultdict(dict)  # by photo, then by number
        self._hashes: dict[Path, str | None] = {}
        self._made: set[str] = set()  # the pictures that a line speaks of, also one that a crash cut off
        self._lock = threading.Lock()

    def __enter__(self) -> "Ledger":
        """Reads the file, and tidies it: a line that a crash cut off goes.

        Raises FileKept for a file with other lines than a ledger's.
        """
        path = self._folder / LEDGER_FILE
        text = path.read_text(encoding="utf-8", errors="surrogateescape") if path.exists() else ""
        *lines, last = text.split("\n")  # not splitlines(): names may hold U+2028 and its like
        rows = [_read(line) for line in lines if line]
        if None in rows or not _BEGINNING.startswith(last[: len(_BEGINNING)]):
            raise kept(path)
        if named := _PICTURE.match(last):
            self._made.add(json.loads(named[1]))
        for row in filter(None, (*rows, _read(last))):
            self._rows[row["photo"]][row["number"]] = row
            self._made.add(row["picture"])
        self._tidy()
        self._file = path.open("a", encoding="utf-8", errors="surrogateescape")
        return self

    def __exit__(self, *_: object) -> None:
        """Tidies the file: lines were added in the order in which jobs ended, also for pictures that had one."""
        self._file.close()
        self._tidy()

    @property
    def rows(self) -> list[Row]:
        """Its lines, by photo and number."""
        return [row for _, rows in sorted(self._rows.items()) for _, row in sorted(rows.items())]

    def standing(self, task: Task) -> int:
        """How many pictures of a task are there, and made of the photo as it is now."""
        assert task.photo is not None
        assert task.part is not None
        rows = self._rows.get(self._name(task.photo), {})
        numbers = [number for number in range(task.part.first, task.part.first + task.part.count) if number in rows]
        told = self._origin(task) if numbers else {}
        return sum(self._stands(rows[number], told) for number in numbers)

    def has(self, task: Task) -> bool:
        """Whether all pictures of a task are there."""
        assert task.part is not None
        return self.standing(task) == task.part.count

    def require_places(self, names: Iterable[str]) -> None:
        """Raises FileKept where a file of these names in the folder is none that a line speaks of."""
        for path in (self._folder / name for name in names if Path(name).as_posix() not in self._made):
            if os.path.lexists(path):
                raise kept(path)

    def expect(self, outcome: Outcome) -> None:
        """Notes pictures that are put into their places right after, from where those of an earlier run go first.

        So no line is ever taken for another picture's. Raises FileKept where another's file stands in a place.
        """
        with self._lock:
            self.require_places(os.fspath(path.relative_to(self._folder)) for path in outcome.pictures)
            for path in outcome.pictures:
                path.unlink(missing_ok=True)
            self.add(outcome)

    def add(self, outcome: Outcome) -> None:
        """Notes the pictures of a task that succeeded."""
        task = outcome.task
        if not outcome.ok or task.photo is None or task.part is None:
            return
        made = () if outcome.generation is None else outcome.generation.pictures
        category = task.photo.relative_to(self._source).parts[0] if task.photo.parent != self._source else None
        for index, picture in enumerate(outcome.pictures):
            judged = made[index] if index < len(made) else None
            row = {
                "picture": picture.relative_to(self._folder).as_posix(),
                "category": category,
                "varied_as": None if judged is None else judged.asked.get("category"),
                "photo": self._name(task.photo),
                **self._origin(task),
                **self._facts,
                "number": task.part.first + index,
                "quality": None if judged is None else judged.quality,
                "faults": [] if judged is None else judged.fault_names,
                "job": outcome.job_id,
            }
            self._rows[row["photo"]][row["number"]] = row
            self._made.add(row["picture"])
            self._file.write(_line(row))
        self._file.flush()
        os.fsync(self._file.fileno())

    def _tidy(self) -> None:
        """Leaves one line for each picture."""
        replace_text(self._folder / LEDGER_FILE, "".join(map(_line, self.rows)))

    def _stands(self, row: Row, told: Mapping[str, Any]) -> bool:
        return all(row.get(name) == told[name] for name in told) and (self._folder / row["picture"]).is_file()

    def _name(self, photo: Path) -> str:
        return photo.relative_to(self._source).as_posix()

    def _origin(self, task: Task) -> dict[str, Any]:
        """What a task's pictures depend on, beside the recipe."""
        assert task.photo is not None
        assert task.part is not None
        if task.photo not in self._hashes:
            self._hashes[task.photo] = _sha256(task.photo)
        return {"photo_sha256": self._hashes[task.photo], "seed": task.part.seed}


def _sha256(photo: Path) -> str | None:
    try:
        return hashlib.sha256(photo.read_bytes()).hexdigest()
    except OSError:
        return None  # its job will say why


def _line(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def _read(line: str) -> Row | None:
    """A line's row; None for one that was cut off."""
    try:
        row = json.loads(line)
        return row if isinstance(row["picture"], str) and isinstance(row["photo"], str) and row["number"] >= 0 else None
    except (ValueError, KeyError, TypeError):
        return None
