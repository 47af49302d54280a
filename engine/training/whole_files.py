"""Writes files that are there whole or not at all, whatever ends the process or fills the disk. Needs no torch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

UNFINISHED = ".unfinished"  # a suffix


def write_whole(path: Path, text: str) -> None:
    """Write a text as UTF-8 beside the file that it then replaces; on a full disk nothing of it stays."""
    replace_whole(path, lambda unfinished: unfinished.write_text(text, encoding="utf-8"))


def replace_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` make a file beside ``path``, and put it in its place; what it leaves when it raises is removed."""
    unfinished = path.with_name(path.name + UNFINISHED)
    try:
        write(unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
