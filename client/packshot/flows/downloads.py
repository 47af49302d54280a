"""Fetches files: each appears whole or not at all, and starts over when the connection breaks."""

import hashlib
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from packshot.flows.steps import Request, Steps, opened, read_chunk
from packshot.wire import Wire

Check = Callable[[str], None]


def fetched(wire: Wire, request: Callable[[], Request], path: Path, check: Check | None = None) -> Steps[Path]:
    """The body of an answer in the file `path`. `check` is called with its SHA-256, and may raise a transient error.

    `request` is asked for before each attempt. Raises OSError, ProblemError and its kin, ServerUnreachable.
    """
    partial = path.with_name(f".{uuid.uuid4().hex}.part")  # short, however long the target's name
    try:
        with partial.open("wb") as file:
            yield from wire.retried(lambda: _attempt(request(), file, check))
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return path


def _attempt(request: Request, file: BinaryIO, check: Check | None) -> Steps[None]:
    yield from opened(request)
    file.seek(0)
    file.truncate()
    digest = hashlib.sha256()
    while chunk := (yield from read_chunk()):
        digest.update(chunk)
        file.write(chunk)
    if check is not None:
        check(digest.hexdigest())
