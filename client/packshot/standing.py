"""Files that stand where results are to go: which of them Packshot made, by the manifests beside them. Asks no server.

A file counts as made by Packshot where its SHA-256 stands in its name's manifest, among the `outputs`, the `pages`
(HTML for pictures of several widths) or the `earlier_outputs`: those of earlier runs of that name that are still there.
All others are somebody's, and stay.
"""

import hashlib
import json
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from packshot.errors import FileKept
from packshot.models import suffix_of
from packshot.parts import Part
from packshot.photos import Task, shown
from packshot.reading import Document

EARLIER, PAGES, ORDER = "earlier_outputs", "pages", "order"


class Claims:
    """The names that results may take in a folder; `places` tells the files that a task's pictures would be.

    `renamed` are the files that stay, each with the name that was free instead.
    """

    def __init__(
        self, folder: Path, places: Callable[[Task], Iterable[str]], parts: Sequence[Part | None] = (None,)
    ) -> None:
        self._folder = folder
        self._places = places
        self._parts = parts
        self._stays: Path | None = None
        self.renamed: list[tuple[Path, str]] = []

    def free(self, stem: str) -> bool:
        """Whether nothing but Packshot's own results of that name stands where its results would go."""
        stays = next(self._others(stem), None)
        if stays is None and self._stays is not None:
            self.renamed.append((self._stays, stem))
            self._stays = None
        else:
            self._stays = self._stays or stays
        return stays is None

    def told(self) -> str:
        """`out/mug.jpg is not known to be made by Packshot and stays: …`; empty where no name had to give way."""
        if not self.renamed:
            return ""
        path, stem = self.renamed[0]
        more = f", and {len(self.renamed) - 1} more names gave way alike" if len(self.renamed) > 1 else ""
        return f"{shown(path)} stays, since no manifest says that Packshot made it: the name is {shown(stem)}{more}"

    def _others(self, stem: str) -> Iterator[Path]:
        """The files in the way that are not known to be Packshot's."""
        for task in (Task(None, stem, part) for part in self._parts):
            path = manifest_path(self._folder, task)
            if os.path.lexists(path) and _read(path) is None:
                yield path
            there = [path for path in map(self._folder.joinpath, self._places(task)) if os.path.lexists(path)]
            if there:
                yield from others_of(there, made_before(self._folder, task))


def manifest_path(folder: Path, task: Task) -> Path:
    """Where a task's manifest is."""
    return folder / f"{task.manifest_stem}.manifest.json"


def made_before(folder: Path, task: Task) -> set[tuple[str, str]]:
    """The pictures that a task's manifest says were made: the names that each may have, with its SHA-256."""
    return set(_named(task, _read(manifest_path(folder, task)) or {}))


def others_of(paths: Iterable[Path], made: Collection[tuple[str, str]]) -> Iterator[Path]:
    """Those of the paths where a file stands that is none of those made, by name and SHA-256."""
    return (path for path in paths if os.path.lexists(path) and (path.name, sha256_of(path)) not in made)


def write_manifest(folder: Path, task: Task, manifest: Document | None, pictures: Collection[Path]) -> Path:
    """Writes what the server told, before the `pictures` are put into their places, and returns where.

    Pictures of earlier runs of the same name that stay, such as `-7` where only four are made now, stay known. Raises
    FileKept where another's file stands in a place.
    """
    path = manifest_path(folder, task)
    before = _read(path) if os.path.lexists(path) else {}
    taken = path if before is None else next(others_of(pictures, made_before(folder, task)), None)
    if taken is not None:
        raise kept(taken)
    earlier = {name: sha256 for name, sha256 in _named(task, before or {}) if sha256_of(folder / name) == sha256}
    told = {**(manifest or {}), **({EARLIER: earlier} if earlier else {})}
    # its name is as short for a long stem
    partial = path.with_name(f".{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]}.part")
    try:
        text = json.dumps(told, indent=2, ensure_ascii=False) + "\n"
        partial.write_text(text, encoding="utf-8", errors="surrogateescape")  # names of files that are no UTF-8
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return path


def read_manifest(folder: Path, task: Task) -> Document:
    """What a task's manifest tells; empty where there is none that Packshot wrote."""
    return _read(manifest_path(folder, task)) or {}


def stands_whole(folder: Path, task: Task, manifest: Document) -> bool:
    """Whether every file that the manifest lists is in the folder as it was made."""
    outputs = list(_places(task, manifest))
    pages = [((name,), sha256) for name, sha256 in _hashes(manifest, PAGES).items()]
    files = (any(sha256_of(folder / name) == sha256 for name in names) for names, sha256 in (*outputs, *pages))
    return bool(outputs) and all(files)


def sha256_of(path: Path) -> str | None:
    """Of a file's bytes, in hex; None for what is no file that can be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def kept(path: Path) -> FileKept:
    """The error where a file stands that may not be replaced."""
    return FileKept(f"{shown(path)} is there, and not known to be made by Packshot: it stays. Choose another -o")


def _named(task: Task, manifest: Document) -> Iterator[tuple[str, str]]:
    """The names that the pictures of a manifest may have, in the folder, with their SHA-256."""
    yield from (*_hashes(manifest, EARLIER).items(), *_hashes(manifest, PAGES).items())
    yield from ((name, sha256) for names, sha256 in _places(task, manifest) for name in names)


def _places(task: Task, manifest: Document) -> Iterator[tuple[tuple[str, ...], str]]:
    """Of each picture of a manifest the names that it may have, and its SHA-256."""
    plain = 0
    for output in _outputs(manifest):
        sha256 = str(output.get("sha256"))
        if name := output.get("name"):
            yield (f"{task.stem}-{name}",), sha256
            continue
        suffix = suffix_of(str(output.get("format")))
        yield (f"{task.picture_stem(plain, 2)}.{suffix}", f"{task.stem}.{suffix}"), sha256
        plain += 1


def _outputs(manifest: Document) -> list[Document]:
    outputs = manifest.get("outputs")
    return [one for one in outputs if isinstance(one, Mapping)] if isinstance(outputs, list) else []


def _hashes(manifest: Document, part: str) -> Mapping[str, str]:
    told = manifest.get(part)
    return {str(name): str(sha256) for name, sha256 in told.items()} if isinstance(told, Mapping) else {}


def _read(path: Path) -> dict[str, Any] | None:
    """A manifest; nothing where there is no file, and None where there is one of another kind."""
    try:
        told = json.loads(path.read_text(encoding="utf-8", errors="surrogateescape"))
    except FileNotFoundError:
        return None if path.is_symlink() else {}
    except (OSError, ValueError):
        return None
    return told if isinstance(told, dict) and isinstance(told.get("operations"), list) else None
