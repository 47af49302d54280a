"""Where the bytes lie: a local folder, S3 (or GCS, Azure), or memory for tests. Knows paths, not photos.

Local writes are atomic: obstore (0.12.1) writes beside the target and renames, so a reader never meets half a blob. But
it leaves the bytes to the system's memory, so a folder's blobs are brought onto the disk here, before a put returns.
"""

import builtins
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit
from urllib.request import url2pathname

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, MemoryStore, ObjectStore

from jobs.blob_pages import StoredBlob, pages_of_folder, pages_of_store, remove_strays
from jobs.blob_paths import check_path, is_path
from jobs.cloud_stores import (
    HASTY_S,
    PATIENCE_S,
    check_cloud_store,
    check_kept,
    chunks_of_cloud,
    is_missing_place,
    open_cloud_store,
    without_address,
)
from jobs.errors import BlobError, BlobNotFound, BlobStoreFull
from jobs.folders import make_private
from jobs.settings import without_secrets
from jobs.synced_files import NAMES_COME_ALONG, file_system, sync_file

STREAM_CHUNK_BYTES = 256 * 1024

_HALVES = 2  # so many numbers in a row that are free are beyond the last: a writer that went on may leave a gap
_LOOKED_AT = 9  # the numbers that blob_in knows, whatever gaps they have

_FULL = ("no space left", "quota exceeded", "storagefull", "quotaexceeded", "insufficientstorage")

T = TypeVar("T")


class BlobStore:
    """Blobs by path, such as ``results/<tenant>/<job>/<token>/0.webp``. Thread-safe. Raises BlobError and its kin.

    What a put stored outlives a loss of power, unless it was told not to wait for the disk (``synced=False``).
    """

    def __init__(
        self, store: ObjectStore, folder: Path | None = None, *, synced: bool = True, cloud_url: str | None = None
    ) -> None:
        self._store = store
        self._folder = folder
        self._cloud_url = cloud_url
        self._synced = synced
        self._folders_too = folder is not None and file_system(folder) not in NAMES_COME_ALONG

    @classmethod
    def from_url(cls, url: str, *, synced: bool = True, patience_s: float = PATIENCE_S) -> "BlobStore":
        """Open ``file:///folder`` (made when missing), ``memory://``, or ``s3://bucket/prefix`` and its like.

        ``synced`` is a folder's matter: S3 and its like answer when they have it for good. ``patience_s`` is theirs:
        how long a request that fails is tried again. Credentials and addresses of cloud stores come from their own
        environment variables (AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL…).
        """
        try:
            if url.startswith("memory:"):
                return cls(MemoryStore())
            if url.startswith("file:"):
                folder = make_folder(url)
                return cls(LocalStore(folder, automatic_cleanup=True), folder, synced=synced)
            return cls(open_cloud_store(url, patience_s), cloud_url=url)
        except (BaseError, ValueError, OSError) as error:
            shown = without_secrets(url)
            why = str(error).partition("\n")[0].replace(url, shown)
            raise BlobError(f"PACKSHOT_BLOB_URL cannot be used ({why}); got {shown!r}") from None

    @property
    def folder(self) -> Path | None:
        """Where blobs lie on this machine; None for S3 and its like, and for memory."""
        return self._folder

    def hasty(self) -> "BlobStore":
        """The same blobs for who must come back soon: a cloud store that fails is not asked again for long."""
        return self if self._cloud_url is None else BlobStore.from_url(self._cloud_url, patience_s=HASTY_S)

    def check(self) -> None:
        """Raise BlobError where a cloud store answers that there is no such bucket; for an entry point's start."""
        if self._cloud_url is not None:
            check_cloud_store(self._store, without_secrets(self._cloud_url))

    def put(self, path: str, data: bytes) -> None:
        """Store ``data`` under ``path``, in place of what was there."""
        self._put(path, data)

    def put_kept(self, path: str, data: bytes) -> None:
        """As ``put``; of a cloud store that says it has the blob, see that it does: one request more."""
        self.put(path, data)
        if self._cloud_url is not None:
            check_kept(path, len(data), lambda: self.size(path))

    def put_file(self, path: str, source: Path) -> None:
        """Store a file's bytes; large ones are sent in parts and never held whole."""
        self._put(path, source)

    def put_chunks(self, path: str, chunks: Iterable[bytes]) -> None:
        """Store what an iterator yields; it appears under ``path`` once the iterator has ended."""
        self._put(path, iter(chunks))

    def get(self, path: str) -> bytes:
        """The whole blob."""
        return self._call(path, lambda: bytes(obstore.get(self._store, path).bytes()))

    def stream(self, path: str, size: int | None = None) -> Iterator[bytes]:
        """The blob in chunks; a missing one raises BlobNotFound here, not at the first chunk.

        So does one that is not of the ``size`` in bytes which its record has: a loss of power may leave a name alone.
        """
        result = self._call(path, lambda: obstore.get(self._store, path))
        found = int(result.meta["size"])
        if size is not None and found != size:
            raise BlobNotFound(f"under {path} lie {found} bytes of {size}")
        chunks: Iterator[bytes] = iter(result.stream(min_chunk_size=STREAM_CHUNK_BYTES))
        if self._cloud_url is not None:
            chunks = chunks_of_cloud(self._store, path, found, chunks, STREAM_CHUNK_BYTES)
        return self._chunks(path, chunks)

    def exists(self, path: str) -> bool:
        """True when there is a blob under ``path`` itself."""
        return self.size(path) is not None

    def size(self, path: str) -> int | None:
        """How many bytes lie under ``path``; None when there is no blob."""
        try:
            return int(self._call(path, lambda: obstore.head(self._store, path))["size"])
        except BlobNotFound:
            return None

    def delete(self, path: str) -> None:
        """Delete a blob, and what a killed writer left half written of it; an absent one is fine."""
        self._delete(path, path)
        if self._folder is not None:
            self._delete_halves(self._folder / path)

    def delete_prefix(self, prefix: str) -> None:
        """Delete all below a folder (``results/<tenant>/<job>/``), what a killed writer left half written too."""
        folder = prefix.rstrip("/")
        check_path(folder)
        if self._folder is not None:
            shutil.rmtree(self._folder / folder, ignore_errors=True)
        for path in self.list(prefix):
            self._delete(folder, path)
        if self._folder is not None and any(each.is_file() for each in (self._folder / folder).rglob("*")):
            raise BlobError(f"{folder}: not all of it could be deleted")

    def delete_strays(self, folder: str) -> None:
        """Delete what lies below a folder and is no blob's, but where blobs lie beside it, and what is empty."""
        if self._folder is not None:
            root = self._folder
            self._call(folder, lambda: remove_strays(root, folder))
            return
        for path in self.list(folder):
            if not is_path(path):
                self._delete(folder, path)

    def list(self, prefix: str) -> list[str]:
        """The paths of all blobs below a folder."""
        folder = prefix.rstrip("/")
        chunks = self._call(folder, lambda: list(obstore.list(self._store, folder)))
        return [blob["path"] for chunk in chunks for blob in chunk]

    def pages(self, folder: str, after: str = "") -> Iterator[builtins.list[StoredBlob]]:
        """All blobs below a folder in the order of their paths, in pages, each asked for when it is its turn."""
        check_path(folder)
        if self._folder is not None:
            pages = pages_of_folder(self._folder, folder, after)
        else:
            pages = pages_of_store(self._store, folder, after)
        while page := self._call(folder, lambda: next(pages, None)):
            yield page

    def _delete(self, folder: str, path: str) -> None:
        with suppress(BlobNotFound):
            self._call(folder, lambda: obstore.delete(self._store, path))

    def _delete_halves(self, target: Path) -> None:
        """obstore (0.12.1) writes ``<name>#<number>``, the first number from 1 on that is free, and then renames it.

        They are asked for by name: a tenant's folder of photos may hold a hundred thousand.
        """
        found, number, last = False, 1, _LOOKED_AT
        while number <= last:
            with suppress(FileNotFoundError, NotADirectoryError):
                target.with_name(f"{target.name}#{number}").unlink()
                found, last = True, max(last, number + _HALVES)
            number += 1
        if found:
            with suppress(OSError):  # it holds others
                target.parent.rmdir()

    def _put(self, path: str, content: bytes | Path | Iterator[bytes]) -> None:
        self._require_folder(path)  # obstore would make it anew, and what is stored there is lost once it comes back
        self._call(path, lambda: obstore.put(self._store, path, content))
        if self._synced and self._folder is not None:
            target, root = self._folder / path, self._folder
            self._call(path, lambda: sync_file(target, root, folders=self._folders_too))

    def _require_folder(self, path: str) -> None:
        if self._folder is not None and not self._folder.is_dir():
            raise BlobError(f"{path}: the folder that it would lie in, {self._folder}, is not there")

    def _chunks(self, path: str, stream: Iterator[bytes]) -> Iterator[bytes]:
        while chunk := self._call(path, lambda: next(stream, None)):
            yield bytes(chunk)

    def _call(self, path: str, work: Callable[[], T]) -> T:
        check_path(path)
        try:
            return work()
        except FileNotFoundError as error:
            if is_missing_place(error):
                raise BlobError(f"{path}: the bucket that it would lie in is not there") from error
            self._require_folder(path)
            raise BlobNotFound(f"there is no blob {path}") from error
        except (BaseError, OSError, ValueError) as error:
            kind = BlobStoreFull if any(sign in str(error).lower() for sign in _FULL) else BlobError
            raise kind(f"{path}: {_brief(error)}") from error


def make_folder(url: str) -> Path:
    """The folder that a ``file:`` URL names, made for its owner alone where it is missing; OSError, ValueError."""
    parts = urlsplit(url)
    if parts.netloc not in {"", "localhost"} or not parts.path.startswith("/"):
        raise ValueError("the form is file:///folder")
    folder = Path(url2pathname(parts.path))
    make_private(folder)
    return folder


def _brief(error: Exception) -> str:
    return without_address(str(error).partition("\n")[0]) or type(error).__name__
