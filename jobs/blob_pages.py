"""Looks through a blob store page by page, in the order of paths, so that it can go on later behind any path.

S3 and its like keep that order themselves, and a page is one request. A folder's is made here: a directory's names are
read when it is entered, and never the whole tree.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import obstore
from obstore.store import ObjectStore

from jobs.blob_paths import blob_in, is_path

PAGE = 1000
"""Blobs in a page; the most that S3 tells at once."""


@dataclass(frozen=True)
class StoredBlob:
    """A blob's path, and when it was stored, by the store's own clock (Unix milliseconds)."""

    path: str
    stored_ms: int


def pages_of_store(store: ObjectStore, prefix: str, after: str) -> Iterator[list[StoredBlob]]:
    """The blobs below ``prefix`` behind the path ``after`` ("": all of them). The store's errors pass through."""
    for chunk in obstore.list(store, prefix, offset=after or None, chunk_size=PAGE):
        found = [blob for blob in chunk if is_path(blob["path"])]
        if found:
            yield [StoredBlob(blob["path"], _milliseconds(blob["last_modified"])) for blob in found]


def pages_of_folder(root: Path, prefix: str, after: str) -> Iterator[list[StoredBlob]]:
    """As ``pages_of_store``; what a killed writer left half written of a blob is told as the blob itself."""
    page: list[StoredBlob] = []
    for blob in _below(root, prefix, after):
        page.append(blob)
        if len(page) == PAGE:
            yield page
            page = []
    if page:
        yield page


def remove_strays(root: Path, folder: str) -> None:
    """Remove every directory below a folder, and itself, that holds no blob, with all that is not a blob's; OSError.

    Whoever stores a blob there meanwhile keeps it: only what no blob can be is deleted by name.
    """
    for place, _, names in os.walk(root / folder, topdown=False):
        files = [Path(place, name) for name in names]
        if any(blob_in(file.relative_to(root).as_posix()) for file in files):
            continue
        for file in files:
            file.unlink(missing_ok=True)
        with suppress(OSError):  # something lies in it, or it is gone
            Path(place).rmdir()


def _below(root: Path, folder: str, after: str) -> Iterator[StoredBlob]:
    for name in _names(root / folder):
        path = f"{folder}/{name}"
        if path.endswith("/"):
            if is_path(path.rstrip("/")) and (path > after or after.startswith(path)):
                yield from _below(root, path.rstrip("/"), after)
        elif path > after and (blob := blob_in(path)):
            try:
                stored_ms = int((root / path).stat().st_mtime * 1000)
            except FileNotFoundError:
                continue  # deleted meanwhile
            yield StoredBlob(blob, stored_ms)


def _names(folder: Path) -> list[str]:
    """A directory's own names, those of directories with the "/" by which S3 would sort what is in them."""
    try:
        with os.scandir(folder) as found:
            return sorted(f"{each.name}/" if each.is_dir(follow_symlinks=False) else each.name for each in found)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _milliseconds(when: datetime) -> int:
    return int(when.timestamp() * 1000)
