"""A photo on its way in: written to a temporary file while its SHA-256 is taken, gone when the request ends."""

import hashlib
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self


class Spool:
    """Enter it, ``write`` chunks, ``flush`` before others read ``path``. ``declared_type`` is the client's word."""

    def __init__(self, declared_type: str | None = None) -> None:
        self.declared_type = declared_type
        self.size = 0
        self._hash = hashlib.sha256()
        self._file = tempfile.NamedTemporaryFile(prefix="packshot-")  # noqa: SIM115 (closed by __exit__)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    @property
    def path(self) -> Path:
        """Where the bytes lie until the spool is left."""
        return Path(self._file.name)

    @property
    def sha256(self) -> str:
        """The hash of what was written so far, 64 hex digits."""
        return self._hash.hexdigest()

    def write(self, chunk: bytes) -> None:
        """Append some bytes."""
        self._file.write(chunk)
        self._hash.update(chunk)
        self.size += len(chunk)

    def flush(self) -> None:
        """Make the bytes visible to readers of ``path``."""
        self._file.flush()
