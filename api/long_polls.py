"""Requests that wait for a job or a batch: only so many at once, and none of them holds up a server that stops."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from flask import request

from api.hang_ups import HangUps
from api.places import Places
from api.shares import TRY_AGAIN_S, Share, shares_of_request
from jobs.problems import ProblemError
from jobs.waiting import Waiter


class LongPolls:
    """At most ``limit`` requests wait at once, long polls and streams together, each in a thread of its own.

    Of one tenant at most ``per_tenant`` do, of one upload token ``PER_UPLOAD_TOKEN``. While one sleeps, another request
    has its place among ``places``.
    """

    def __init__(self, limit: int, per_tenant: int, places: Places) -> None:
        self.limit = limit
        self._per_tenant = per_tenant
        self._places = places
        self._lock = threading.Lock()
        self._waiters: dict[Waiter, list[Share]] = {}
        self._taken: Counter[Share] = Counter()
        self._stopping = False
        self._hang_ups = HangUps()

    @property
    def waiting_now(self) -> int:
        """How many wait at this moment."""
        return len(self._waiters)

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
        with ExitStack() as stack:
            try:
                held, waiter = self.held(wait_s)
            except ProblemError:
                waiter = None
            else:
                stack.push(held)
            yield waiter

    def held(self, wait_s: float) -> tuple[ExitStack, Waiter]:
        """As ``waiting``, for an answer that is still written when its route has returned; the stack ends it.

        Raises ProblemError where too many wait already: rate-limited of the tenant or with the upload token,
        unavailable of everybody.
        """
        with ExitStack() as stack:
            waiter = self._admit(wait_s)
            stack.callback(self._leave, waiter)
            connection = request.environ.get("gunicorn.socket")
            stack.enter_context(self._hang_ups.watched(connection, waiter.call_off))
            return stack.pop_all(), waiter

    def _admit(self, wait_s: float) -> Waiter:
        waiter, shares = Waiter(wait_s, self._places.left), shares_of_request(self._per_tenant)
        with self._lock:
            for share in shares:
                if self._taken[share] >= share.most:
                    raise share.refusal()
            if self._stopping or len(self._waiters) >= self.limit:
                full = f"{self.limit} clients wait already, the most at once"
                detail = "the server stops" if self._stopping else full
                raise ProblemError("unavailable", detail, retry_after_s=TRY_AGAIN_S)
            self._taken.update(shares)
            self._waiters[waiter] = shares
            return waiter

    def _leave(self, waiter: Waiter) -> None:
        with self._lock:
            for share in self._waiters.pop(waiter):
                self._taken[share] -= 1
                if not self._taken[share]:
                    del self._taken[share]
