"""Which photos a run takes, and what its results are called."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from packshot.parts import MOST_A_JOB, Part

PHOTO_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".avif", ".heic"})
NAME_LETTERS = 60
NAME_BYTES = 200  # of a given name or a text's; what is added to it has room in the 255 that a file's name may have


@dataclass(frozen=True)
class Task:
    """One job of a run: about a photo, or about a wish alone. Its results are named by its stem.

    `part` says which pictures to make, where a job makes several; without it, that is what the operations say.
    """

    photo: Path | None
    stem: str
    part: Part | None = None

    @property
    def name(self) -> str:
        """What a person knows it by: the photo's name, else the stem; printable."""
        return shown(self.stem if self.photo is None else self.photo.name)

    @property
    def wanted(self) -> int:
        """How many pictures to count it for."""
        return 1 if self.part is None else self.part.count

    def picture_stem(self, index: int, outputs: int) -> str:
        """The name of output `index` of so many, without its suffix: `mug` alone, else `mug-0` and on."""
        if self.part is None and outputs == 1:
            return self.stem
        return f"{self.stem}-{index if self.part is None else self.part.first + index}"

    def picture_stems(self, outputs: int | None) -> list[str]:
        """The names of its pictures; all that they may have where it is not known how many a job makes."""
        if self.part is None and outputs is None:
            return [self.stem, *(self.picture_stem(index, MOST_A_JOB) for index in range(MOST_A_JOB))]
        number = (outputs or 1) if self.part is None else self.part.count
        return [self.picture_stem(index, number) for index in range(number)]

    @property
    def manifest_stem(self) -> str:
        """The name of the manifest, without `.manifest.json`: `mug`, or `mug-64` for a job that goes on from there."""
        return self.stem if self.part is None or self.part.first == 0 else f"{self.stem}-{self.part.first}"


def expand(paths: Iterable[Path], *, recursive: bool = False, leave_out: Path | None = None) -> list[Path]:
    """Files as they are, folders as the photos in them by name; each photo once. `leave_out` is the results' folder.

    A file named by hand is taken whatever its suffix: the server looks at the bytes.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        for photo in _photos_in(path, recursive, leave_out) if path.is_dir() else [path]:
            found.setdefault(photo.resolve(), photo)
    return list(found.values())


def plan_tasks(
    photos: Sequence[Path],
    folder: Path,
    parts: Sequence[Part | None] = (None,),
    *,
    others: Iterable[Path] = (),
    free: Callable[[str], bool] = lambda _: True,
) -> list[Task]:
    """A task for each part of each photo, by a name that no other photo has. No result overwrites one of the photos.

    Nor one of the `others`, which the operations use, nor what stands in the folder by a name that is not `free`. Equal
    names are told apart by a number: `mug`, `mug-2`. Names are compared without case, as some disks do. A contact
    sheet's name is left to the sheet.
    """
    kept = _kept_for((*photos, *others), folder)
    manifests: set[str] = set()
    tasks: list[Task] = []
    for photo in photos:
        taken = photo.stem.casefold() in kept or _is_a_sheets(photo.stem) or not free(photo.stem)
        names = _numbered(f"{photo.stem}-packshot" if taken else photo.stem)
        own = (name for name in names if manifests.isdisjoint(_manifests_of(name, parts)))
        stem = next(name for name in own if name.casefold() not in kept and free(name))
        manifests |= _manifests_of(stem, parts)
        tasks += [Task(photo, stem, part) for part in parts]
    return tasks


def plan_stem(stem: str, photos: Iterable[Path], folder: Path, free: Callable[[str], bool] = lambda _: True) -> str:
    """A name for pictures that are made of a wish: `dress`, or `dress-2` where one of the photos would be overwritten.

    `photos` are those that the wish uses. What stands in the folder by a name that is not `free` is kept like them. A
    contact sheet's name is left to the sheet.
    """
    kept = _kept_for(photos, folder)
    names = _numbered(f"{stem}-packshot" if _is_a_sheets(stem) else stem)
    return next(name for name in names if name.casefold() not in kept and free(name))


def stem_of(text: str) -> str:
    """The words of a text as a file's name, `navy-striped-dress`; `picture` where it has none."""
    words = "-".join(re.findall(r"\w+", text.casefold()))[:NAME_LETTERS]
    return words.encode()[:NAME_BYTES].decode(errors="ignore").strip("-_") or "picture"  # no letter is cut in two


def require_stem(name: str) -> None:
    """Raises ValueError for what cannot be the beginning of a file's name, on any system."""
    if _is_a_sheets(name):
        raise ValueError(f"{name!r} is left to the contact sheet")
    if not name.strip():
        raise ValueError(f"{name!r} is empty; expected a name such as SKU-123.A")
    refused = [letter for letter in name if letter in '/\\:*?"<>|' or ord(letter) < ord(" ")]
    if refused:
        raise ValueError(f"{name!r} has {refused[0]!r}; a file's name may not")
    if len(os.fsencode(name)) > NAME_BYTES:
        raise ValueError(f"a name of {len(os.fsencode(name))} bytes is too long; {NAME_BYTES} are allowed")


def shown(path: str | os.PathLike[str]) -> str:
    """The path as text that can be printed and sent: a byte of a name that is not UTF-8 becomes �."""
    return os.fsencode(path).decode("utf-8", "replace")


def _numbered(stem: str) -> Iterator[str]:
    """`mug`, `mug-2`, `mug-3` and on."""
    yield stem
    yield from (f"{stem}-{number}" for number in count(2))


def _kept_for(photos: Iterable[Path], folder: Path) -> set[str]:
    """The stems, without case, of which no result in the folder may be made: it could take the place of a photo there.

    `mug` and `mug-3` are so for `mug-3.jpg`, since pictures of `mug` are `mug.EXT` or `mug-0.EXT` and on.
    """
    there = folder.resolve()
    places = (place for photo in photos for place in (photo, photo.resolve()))  # a link, and what it leads to
    stems = {place.stem.casefold() for place in places if place.parent.resolve() == there}
    return stems | {re.sub(r"-\d+$", "", stem) for stem in stems}


def _manifests_of(stem: str, parts: Iterable[Part | None]) -> set[str]:
    return {Task(None, stem, part).manifest_stem.casefold() for part in parts}


def _is_a_sheets(stem: str) -> bool:
    return re.fullmatch(r"sheet(-\d.*)?", stem.casefold()) is not None


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
