"""Requests that wait for their clients' sockets: so many at once and no more, each a thread that sleeps."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence

from api.shares import TRY_AGAIN_S, Share, shares_of_request
from jobs.problems import ProblemError


class SlowClients:
    """At most ``limit`` at once, half of them of one tenant, an eighth from one address without a key. Thread-safe.

    ``address`` tells where the current request comes from.
    """

    def __init__(self, limit: int, address: Callable[[], str]) -> None:
        self.limit = limit
        self._address = address
        self._lock = threading.Lock()
        self._taken: Counter[Share] = Counter()
        self._count = 0

    def shares(self) -> list[Share]:
        """Those that the current request counts for."""
        do = "send or take slowly"
        return shares_of_request(self.limit // 2, do) or [Share("address", self._address(), self.limit // 8, do)]

    def enter(self, shares: Sequence[Share]) -> None:
        """Count one more. Raises ProblemError where that is one too many: rate-limited, unavailable."""
        with self._lock:
            for share in shares:
                if self._taken[share] >= share.most:
                    raise share.refusal()
            if self._count >= self.limit:
                detail = f"{self.limit} clients send or take slowly already, the most at once"
                raise ProblemError("unavailable", detail, retry_after_s=TRY_AGAIN_S)
            self._count += 1
            self._taken.update(shares)

    def leave(self, shares: Sequence[Share]) -> None:
        """Count one less, of the shares that it entered with."""
        with self._lock:
            self._count -= 1
            self._taken.subtract(shares)
            for share in shares:
                if not self._taken[share]:
                    del self._taken[share]
