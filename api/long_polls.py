"""Requests that wait for a job or a batch: only so many at once, and none of them holds up a server that stops."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from flask import g, request

from api.hang_ups import HangUps
from api.key_records import Principal
from api.places import Places
from jobs.problems import ProblemError
from jobs.waiting import Waiter

PER_UPLOAD_TOKEN = 8  # each of them in a browser, which follows a few jobs at most
TRY_AGAIN_S = 10


@dataclass(frozen=True)
class _Share:
    """Those of one tenant, or with one upload token, of whom at most so many wait at once."""

    whose: str
    of: str
    most: int

    def refusal(self) -> ProblemError:
        detail = f"{self.most} clients of the {self.whose} wait already, the most at once"
        return ProblemError("rate-limited", detail, retry_after_s=TRY_AGAIN_S)


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
        self._waiters: dict[Waiter, list[_Share]] = {}
        self._taken: Counter[_Share] = Counter()
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
        waiter, shares = Waiter(wait_s, self._places.left), self._shares()
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

    def _shares(self) -> list[_Share]:
        """Of whom the current request takes a place; the narrowest first."""
        found: Principal | None = g.get("principal")
        if found is None:
            return []
        shares = [_Share("tenant", found.tenant, self._per_tenant)]
        if found.upload_token is not None:
            shares.insert(0, _Share("upload token", found.upload_token.id, PER_UPLOAD_TOKEN))
        return shares

    def _leave(self, waiter: Waiter) -> None:
        with self._lock:
            for share in self._waiters.pop(waiter):
                self._taken[share] -= 1
                if not self._taken[share]:
                    del self._taken[share]
