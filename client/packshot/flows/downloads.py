"""Fetches files: each appears whole or not at all, and starts over when the connection breaks."""

import hashlib
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from packshot.errors import DownloadDamaged
from packshot.flows.steps import Request, Steps, opened, read_chunk
from packshot.wire import Wire

Check = Callable[[str], None]

_DAMAGED_AGAIN = 1  # what comes wrong twice lies wrong on the server, and comes so a third time


def fetched(wire: Wire, request: Callable[[], Request], path: Path, check: Check | None = None) -> Steps[Path]:
    """The body of an answer in the file `path`. `check` is called with its SHA-256, and may raise DownloadDamaged.

    Damaged bytes are asked for once more, and then that is raised. `request` is asked for before each attempt. Raises
    OSError, ProblemError and its kin, ServerUnreachable.
    """
    damaged = 0

    def attempt(file: BinaryIO) -> Steps[None]:
        nonlocal damaged
        try:
            yield from _attempt(request(), file, check)
        except DownloadDamaged as error:
            damaged += 1
            error.transient = damaged <= _DAMAGED_AGAIN
            raise

    partial = path.with_name(f".{uuid.uuid4().hex}.part")  # short, however long the target's name
    try:
        with partial.open("wb") as file:
            yield from wire.retried(lambda: attempt(file))
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
