"""Blobs held against the SHA-256 of their records: what a disk or a bucket damaged is given to nobody as whole."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from jobs.blobs import BlobStore
from jobs.errors import BlobDamaged

HELD_BYTES = 512 * 1024
"""What is not longer is read to its end before its first byte is given."""

_SUSPECTS = 1000


@dataclass(frozen=True)
class Recorded:
    """A blob as its record has it: its path, its bytes, and their SHA-256 in hex."""

    path: str
    size: int
    sha256: str


class CheckedBlobs:
    """Thread-safe. ``on_damage`` is told of each blob that is found damaged, each time, on the reader's thread."""

    def __init__(self, blobs: BlobStore, on_damage: Callable[[Recorded], None]) -> None:
        self._blobs = blobs
        self._on_damage = on_damage
        self._lock = threading.Lock()
        self._suspects: dict[str, None] = {}

    def stream(self, blob: Recorded, *, ahead: bool = False) -> Iterator[bytes]:
        """The blob's bytes in chunks. Raises BlobNotFound here, as ``BlobStore.stream`` does.

        A damaged one raises BlobDamaged: here where it is small, is looked through ``ahead`` of its first byte, or
        was found damaged before; of another all but the last chunk is given, and then the error, so that its reader has
        too few bytes. What is read wrong once is read once more.
        """
        if ahead or blob.size <= HELD_BYTES or self._is_suspect(blob):
            return self._looked_through(blob)
        return self._last_withheld(blob, self._blobs.stream(blob.path, blob.size))

    def _looked_through(self, blob: Recorded) -> Iterator[bytes]:
        for _ in range(2):
            digest, held = hashlib.sha256(), list[bytes]()
            for chunk in self._blobs.stream(blob.path, blob.size):
                digest.update(chunk)
                if blob.size <= HELD_BYTES:
                    held.append(chunk)
            if digest.hexdigest() == blob.sha256:
                self._trust(blob)
                return iter(held) if held else self._last_withheld(blob, self._blobs.stream(blob.path, blob.size))
        raise self._damaged(blob)

    def _last_withheld(self, blob: Recorded, chunks: Iterator[bytes]) -> Iterator[bytes]:
        digest, last = hashlib.sha256(), b""
        for chunk in chunks:
            if last:
                yield last
            digest.update(chunk)
            last = chunk
        if digest.hexdigest() != blob.sha256:
            raise self._damaged(blob)
        yield last

    def _damaged(self, blob: Recorded) -> BlobDamaged:
        with self._lock:
            if len(self._suspects) < _SUSPECTS:  # beyond that many the store is to be looked at, not single blobs
                self._suspects[blob.path] = None
        self._on_damage(blob)
        return BlobDamaged(f"{blob.path} does not hold the bytes that were stored there")

    def _trust(self, blob: Recorded) -> None:
        with self._lock:
            self._suspects.pop(blob.path, None)

    def _is_suspect(self, blob: Recorded) -> bool:
        return blob.path in self._suspects
