"""Writes files and folders that are there whole or not at all, though the process ends or the disk fills. No torch."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

UNFINISHED = ".unfinished"  # a suffix, or the name of a folder


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


@contextmanager
def replace_folders(into: Path) -> Iterator[Path]:
    """Yield a folder to make folders in, which at the block's end replace those of their names in ``into``.

    Where the block raises, those stay as they were.
    """
    unfinished = into / UNFINISHED
    shutil.rmtree(unfinished, ignore_errors=True)  # a kill's
    made, replaced = unfinished / "made", unfinished / "replaced"
    made.mkdir(parents=True)
    replaced.mkdir()
    try:
        yield made
        for folder in sorted(made.iterdir()):
            place = into / folder.name
            if place.exists():
                shutil.move(place, replaced / folder.name)  # by copies, where a container's image holds it
            folder.rename(place)
    finally:
        shutil.rmtree(unfinished)
