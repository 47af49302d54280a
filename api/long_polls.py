"""Requests that wait for a job: only so many at once, and none of them holds up a server that is asked to stop."""

import threading
import time
from dataclasses import dataclass

from jobs.records import JobView
from jobs.store import JobStore

SLICE_S = 1.0  # how soon a waiting request notices that the server is stopping


@dataclass(frozen=True)
class Goal:
    """What to wait for: the job's end, or any version but ``seen_version``."""

    tenant: str
    job_id: str
    until_terminal: bool
    seen_version: int | None

    def is_reached(self, view: JobView | None) -> bool:
        """True as well when the job is gone: nothing will come."""
        if view is None or view.state.is_terminal:
            return True
        return not self.until_terminal and view.version != self.seen_version


class LongPolls:
    """At most ``limit`` threads wait at once; past that an answer comes without waiting, and the client asks again."""

    def __init__(self, limit: int) -> None:
        self._places = threading.BoundedSemaphore(limit)
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Let everybody who waits answer now. Safe in a signal handler."""
        self._stopping.set()

    def wait(self, store: JobStore, goal: Goal, wait_s: float) -> JobView | None:
        """The job once the goal is reached, or as it is when ``wait_s`` is over; None when there is no such job."""
        if not self._places.acquire(blocking=False):
            return store.get(goal.tenant, goal.job_id)
        try:
            return self._wait(store, goal, time.monotonic() + wait_s)
        finally:
            self._places.release()

    def _wait(self, store: JobStore, goal: Goal, until: float) -> JobView | None:
        while True:
            left_s = until - time.monotonic()
            view = store.wait(
                goal.tenant,
                goal.job_id,
                seen_version=goal.seen_version,
                until_terminal=goal.until_terminal,
                timeout_s=max(0.0, min(SLICE_S, left_s)),
            )
            if goal.is_reached(view) or left_s <= SLICE_S or self._stopping.is_set():
                return view
