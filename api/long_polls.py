"""Requests that wait for a job or a batch: only so many at once, and none of them holds up a server that stops."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from flask import request

from api.hang_ups import HangUps
from api.places import Places
from jobs.waiting import Waiter


class LongPolls:
    """At most ``limit`` requests wait at once, long polls and streams together, each in a thread of its own.

    While one sleeps, another request has its place among ``places``.
    """

    def __init__(self, limit: int, places: Places) -> None:
        self.limit = limit
        self._places = places
        self._lock = threading.Lock()
        self._waiters: set[Waiter] = set()
        self._stopping = False
        self._hang_ups = HangUps()

    def stop(self) -> None:
        """Let everybody who waits answer now, and nobody wait from here on."""
        with self._lock:
            self._stopping = True
            for waiter in self._waiters:
                waiter.call_off()

    @contextmanager
    def waiting(self, wait_s: float) -> Iterator[Waiter | None]:
        """A waiter for the current request, called off when its client hangs up or the server stops.

        None where too many wait already.
        """
        connection = request.environ.get("gunicorn.socket")
        waiter = self._admit(wait_s)
        if waiter is None:
            yield None
            return
        try:
            with self._hang_ups.watched(connection, waiter.call_off):
                yield waiter
        finally:
            with self._lock:
                self._waiters.discard(waiter)

    def _admit(self, wait_s: float) -> Waiter | None:
        waiter = Waiter(wait_s, self._places.left)
        with self._lock:
            if self._stopping or len(self._waiters) >= self.limit:
                return None
            self._waiters.add(waiter)
            return waiter

    def held(self, wait_s: float) -> tuple[ExitStack, Waiter | None]:
        """As ``waiting``, for an answer that is still written when its route has returned; the stack ends it."""
        with ExitStack() as stack:
            waiter = stack.enter_context(self.waiting(wait_s))
            return stack.pop_all(), waiter
