"""Looks through a blob store page by page, in the order of paths, so that it can go on later behind any path.

S3 and its like keep that order themselves, and a page is one request. A folder's is made here: a directory's names are
read when it is entered, and never the whole tree.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import obstore
from obstore.store import ObjectStore

PAGE = 1000
"""Blobs in a page; the most that S3 tells at once."""


@dataclass(frozen=True)
class StoredBlob:
    """A blob's path, and when it was stored, by the store's own clock (Unix milliseconds)."""

    path: str
    stored_ms: int


def pages_of_store(store: ObjectStore, prefix: str, after: str) -> Iterator[list[StoredBlob]]:
    """What lies below ``prefix`` behind the path ``after`` ("": all of it). The store's errors pass through."""
    for chunk in obstore.list(store, prefix, offset=after or None, chunk_size=PAGE):
        yield [StoredBlob(blob["path"], _milliseconds(blob["last_modified"])) for blob in chunk]


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


def _below(root: Path, folder: str, after: str) -> Iterator[StoredBlob]:
    for name in _names(root / folder):
        path = f"{folder}/{name}"
        if path.endswith("/"):
            if path > after or after.startswith(path):
                yield from _below(root, path.rstrip("/"), after)
        elif path > after:
            try:
                stored_ms = int((root / path).stat().st_mtime * 1000)
            except FileNotFoundError:
                continue  # deleted meanwhile
            yield StoredBlob(path.partition("#")[0], stored_ms)  # obstore (0.12.1) writes <name>#<number> at first


def _names(folder: Path) -> list[str]:
    """A directory's own names, those of directories with the "/" by which S3 would sort what is in them."""
    try:
        with os.scandir(folder) as found:
            return sorted(f"{each.name}/" if each.is_dir(follow_symlinks=False) else each.name for each in found)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _milliseconds(when: datetime) -> int:
    return int(when.timestamp() * 1000)
