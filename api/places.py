"""How many requests are worked on at once. Those that wait for something have a thread, but take up no place."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class TenantPlaces:
    """At most one at a time for each tenant, and ``most`` in all; nobody stands in line. Thread-safe."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: set[str] = set()
        self._lock = threading.Lock()

    def take(self, tenant: str) -> bool:
        """Whether the tenant has one now, to be given back."""
        with self._lock:
            if tenant in self._taken or len(self._taken) >= self._most:
                return False
            self._taken.add(tenant)
            return True

    def give_back(self, tenant: str) -> None:
        """Let the next have it."""
        with self._lock:
            self._taken.discard(tenant)


class Places:
    """At most ``limit`` requests are worked on at once; the others stand in line."""

    def __init__(self, limit: int) -> None:
        self._free = threading.Semaphore(limit)
        self._thread = threading.local()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Work on a request in this thread."""
        with self._free:
            self._thread.works = True
            try:
                yield
            finally:
                self._thread.works = False

    @contextmanager
    def left(self) -> Iterator[None]:
        """Let another thread work meanwhile. Does nothing in a thread that took no place."""
        if not getattr(self._thread, "works", False):
            yield
            return
        self._free.release()
        try:
            yield
        finally:
            self._free.acquire()
