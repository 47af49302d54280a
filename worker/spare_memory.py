"""Gives memory that is free, but kept by the allocator, back to the system.

Pictures come and go by the hundred megabytes between small things that stay, and glibc returns by itself only what is
free at its heaps' ends. The rest would stay after the busiest moment, and grow a little with every busier one.
"""

import ctypes
import threading
from collections.abc import Callable

_INTERVAL_S = 60.0


class SpareMemory:
    """One thread, once a minute: a few milliseconds, in which other threads may wait for memory.

    Does nothing where the C library is not glibc.
    """

    def __init__(self, interval_s: float = _INTERVAL_S) -> None:
        self._interval_s = interval_s
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="spare-memory", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait until the thread is gone."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        trim = _malloc_trim()
        while trim is not None and not self._stopped.wait(self._interval_s):
            trim(0)


def _malloc_trim() -> Callable[[int], int] | None:
    """glibc's, which all C code of this process allocates by."""
    try:
        trim: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError):
        return None
    return trim
