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

    Where it is not come to, for an error or a kill, those stay as they were: of a kill's, the next call sees to that.
    """
    unfinished = into / UNFINISHED
    made, replaced = unfinished / "made", unfinished / "replaced"
    _put_back(replaced, into)
    shutil.rmtree(unfinished, ignore_errors=True)
    made.mkdir(parents=True)
    replaced.mkdir()
    try:
        yield made
        for folder in sorted(made.iterdir()):
            place = into / folder.name
            if place.exists():
                shutil.move(place, replaced / folder.name)  # by copies, where a container's image holds it
            folder.rename(place)
    except BaseException:
        _put_back(replaced, into)
        raise
    finally:
        shutil.rmtree(unfinished)


def _put_back(replaced: Path, into: Path) -> None:
    """Move what was replaced back, in the place of what replaced it, if anything did."""
    for folder in sorted(replaced.iterdir()) if replaced.exists() else ():
        shutil.rmtree(into / folder.name, ignore_errors=True)
        shutil.move(folder, into / folder.name)
