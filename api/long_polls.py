"""Requests that wait for a job or a batch: only so many at once, and none of them holds up a server that stops."""

import threading
import time
from collections.abc import Callable

from jobs.waiting import Goal, V

SLICE_S = 1.0  # how soon a waiting request notices that the server is stopping


class LongPolls:
    """At most ``limit`` threads wait at once; past that an answer comes without waiting, and the client asks again."""

    def __init__(self, limit: int) -> None:
        self._places = threading.BoundedSemaphore(limit)
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Let everybody who waits answer now. Safe in a signal handler."""
        self._stopping.set()

    def wait(self, look: Callable[[float], V | None], goal: Goal, wait_s: float) -> V | None:
        """What ``look`` (which takes seconds to wait at most) gives once the goal is reached, or ``wait_s`` is over."""
        if not self._places.acquire(blocking=False):
            return look(0.0)
        try:
            until = time.monotonic() + wait_s
            while True:
                left_s = until - time.monotonic()
                view = look(max(0.0, min(SLICE_S, left_s)))
                if goal.is_reached(view) or left_s <= SLICE_S or self._stopping.is_set():
                    return view
        finally:
            self._places.release()
