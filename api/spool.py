"""A photo on its way in: written to a temporary file while its SHA-256 is taken, gone when the request ends.

Where the system lets an open file be reached without a name (Linux), it has none from the start: so an API that is
killed leaves nothing behind.
"""

import hashlib
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from jobs.problems import ProblemError

_OPEN_FILES = Path("/proc/self/fd")


class Spool:
    """Enter it, ``write`` chunks, ``flush`` before others read ``path``. ``declared_type`` is the client's word.

    Raises ProblemError storage where the folder of temporary files is not there any more.
    """

    def __init__(self, declared_type: str | None = None) -> None:
        self.declared_type = declared_type
        self.size = 0
        self._hash = hashlib.sha256()
        make = tempfile.TemporaryFile if _OPEN_FILES.is_dir() else tempfile.NamedTemporaryFile
        try:
            self._file = make(prefix="packshot-")
        except (FileNotFoundError, PermissionError) as error:  # somebody took it away while this process runs
            detail = "the folder for arriving photos is gone, or closed to the API; its operator sees to that"
            raise ProblemError("storage", detail) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    @property
    def path(self) -> Path:
        """Where the bytes lie until the spool is left."""
        return _OPEN_FILES / str(self._file.name) if isinstance(self._file.name, int) else Path(self._file.name)

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
