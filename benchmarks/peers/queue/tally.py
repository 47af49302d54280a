"""How many jobs were done, in a file that all processes share: nothing is asked of the queue that is measured.

The standard library alone: every peer's environment imports it.
"""

import mmap
import os
import struct
import threading
import time
from pathlib import Path

SLOTS = 64  # one for each worker process
_NUMBER = struct.Struct("q")
_WAIT_S = float(os.environ.get("QUEUE_BODY_MS", "0")) / 1000
_lock = threading.Lock()
_open: dict[str, mmap.mmap] = {}


def clear(path: Path) -> None:
    """Begin anew at 0, with the same file."""
    if not path.exists():
        path.write_bytes(bytes(SLOTS * _NUMBER.size))
    memory = _memory(str(path))
    memory[:] = bytes(len(memory))


def total(path: Path) -> int:
    """How many were done, by all processes together."""
    memory = _memory(str(path))
    return sum(number for (number,) in _NUMBER.iter_unpack(bytes(memory)))


def do_nothing() -> None:
    """The empty job's body: waits for `QUEUE_BODY_MS` where that is set, and counts itself in its process' slot."""
    if _WAIT_S:
        time.sleep(_WAIT_S)
    memory, at = _memory(os.environ["QUEUE_TALLY"]), int(os.environ["QUEUE_SLOT"]) * _NUMBER.size
    with _lock:
        _NUMBER.pack_into(memory, at, _NUMBER.unpack_from(memory, at)[0] + 1)


def _memory(path: str) -> mmap.mmap:
    if path not in _open:
        with Path(path).open("r+b") as file:
            _open[path] = mmap.mmap(file.fileno(), 0)
    return _open[path]
