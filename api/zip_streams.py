"""ZIP files, written while they are sent: nothing of one is ever held whole."""

import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime

from jobs.checked_blobs import CheckedBlobs, Recorded
from jobs.errors import BlobDamaged, BlobNotFound

MISSING = "MISSING.txt"
_MISSING_TEXT = "Not in this archive, as they were erased meanwhile, or the store lost or damaged them:\n"


class ZipStream:
    """One ZIP of stored entries, all of one ``time``: send what the methods yield, in order. ``end`` is the last."""

    def __init__(self, time: datetime) -> None:
        self._sink = _Sink()
        self._archive = zipfile.ZipFile(self._sink, "w", zipfile.ZIP_STORED)  # type: ignore[call-overload]  # no seeking
        self._time = time.timetuple()[:6]
        self._left_out: list[str] = []

    def add(self, name: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """An entry of that name, which must be the archive's only one, made of ``chunks``."""
        with self._archive.open(zipfile.ZipInfo(name, self._time), "w") as file:
            for chunk in chunks:
                file.write(chunk)
                yield self._sink.take()
        yield self._sink.take()

    def add_blob(self, name: str, blobs: CheckedBlobs, blob: Recorded) -> Iterator[bytes]:
        """An entry out of the blob store; none where the blob is gone, or not what was stored, which `end` tells.

        A large one is read twice, as an archive that was begun cannot take an entry back.
        """
        try:
            chunks = blobs.stream(blob, ahead=True)
        except (BlobNotFound, BlobDamaged):
            self._left_out.append(name)
            return
        yield from self.add(name, chunks)

    def end(self) -> bytes:
        """The archive's directory; before it, where blobs were left out, a text that names them."""
        if self._left_out:
            text = "\n".join([_MISSING_TEXT, *self._left_out, ""])
            self._archive.writestr(zipfile.ZipInfo(MISSING, self._time), text)
        self._archive.close()
        return self._sink.take()


class _Sink:
    """A file that can only be written to; what was written is taken away in between."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._chunks.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        taken = b"".join(self._chunks)
        self._chunks.clear()
        return taken
