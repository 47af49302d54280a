"""Which photos a run takes, and what their results are called."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

PHOTO_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".avif", ".heic"})


@dataclass(frozen=True)
class Task:
    """One photo of a run. Its results are `<stem>.<ext>` and `<stem>.manifest.json`."""

    photo: Path
    stem: str


def expand(paths: Iterable[Path], *, recursive: bool = False, leave_out: Path | None = None) -> list[Path]:
    """Files as they are, folders as the photos in them by name; each photo once. `leave_out` is the results' folder.

    A file named by hand is taken whatever its suffix: the server looks at the bytes.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        for photo in _photos_in(path, recursive, leave_out) if path.is_dir() else [path]:
            found.setdefault(photo.resolve(), photo)
    return list(found.values())


def plan_tasks(photos: Sequence[Path], folder: Path) -> list[Task]:
    """A name for each photo's results that no other has, and that can never overwrite one of the photos.

    Equal names are told apart by a number: `mug`, `mug-2`. Names are compared without case, as some disks do.
    """
    beside = {photo.stem.casefold() for photo in photos if photo.resolve().parent == folder.resolve()}
    used: set[str] = set()
    tasks = []
    for photo in photos:
        stem = f"{photo.stem}-packshot" if photo.stem.casefold() in beside else photo.stem
        unique, number = stem, 1
        while unique.casefold() in used or unique.casefold() in beside:
            number += 1
            unique = f"{stem}-{number}"
        used.add(unique.casefold())
        tasks.append(Task(photo, unique))
    return tasks


def shown(path: str | os.PathLike[str]) -> str:
    """The path as text that can be printed and sent: a byte of a name that is not UTF-8 becomes �."""
    return os.fsencode(path).decode("utf-8", "replace")


def _photos_in(folder: Path, recursive: bool, leave_out: Path | None) -> list[Path]:
    skipped = leave_out.resolve() if leave_out is not None and leave_out.resolve() != folder.resolve() else None
    return sorted(
        path
        for path in (folder.rglob("*") if recursive else folder.iterdir())
        if path.suffix.lower() in PHOTO_SUFFIXES
        and not path.name.startswith(".")
        and path.is_file()
        and (skipped is None or skipped not in path.resolve().parents)
    )
