"""The log of a run, log.jsonl: a line a validation, and one an alarm. Needs no torch."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from engine.training.errors import RefusedError

LOG_FILE = "log.jsonl"

Entry = dict[str, Any]


def append(run: Path, entry: Entry) -> None:
    """Write one line; one before it that a kill cut short is taken out first."""
    path = run / LOG_FILE
    if path.exists():
        _mend(path)
    with path.open("a", encoding="utf-8") as log:
        log.write(json.dumps(entry) + "\n")


def read_log(path: Path) -> list[Entry]:
    """Return the log's validations; of a step that was logged twice (a resumed run) the later one counts."""
    entries = {entry["step"]: entry for entry in _lines(path) if "alarm" not in entry}
    return [entries[step] for step in sorted(entries)]


def read_alarms(path: Path) -> list[Entry]:
    """Return the log's alarms, ``{"step": …, "alarm": …}``, each once; a resumed run repeats some."""
    alarms = {(entry["step"], entry["alarm"]): entry for entry in _lines(path) if "alarm" in entry}
    return [alarms[key] for key in sorted(alarms)]


def _lines(path: Path) -> list[Entry]:
    """The whole lines, in the order that they were written in. Raises RefusedError for one that is no entry."""
    try:
        whole = path.read_text(encoding="utf-8").rpartition("\n")[0]
        entries = [json.loads(line) for line in whole.split("\n") if line]
    except ValueError as error:
        raise RefusedError(f"{path} is not the log of a training: {error}") from error
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("step"), int):
            raise RefusedError(f"{path} is not the log of a training: {json.dumps(entry)[:80]} tells no step")
    return entries


def _mend(path: Path) -> None:
    text = path.read_bytes()
    end = text.rfind(b"\n") + 1
    if end < len(text):
        os.truncate(path, end)
