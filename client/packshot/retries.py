"""When a request is sent again: after a lost connection, 429, 502, 503 or 504, with growing, jittered pauses.

Most requests of the wire may be sent twice: uploads are named by their bytes, a submit carries its Idempotency-Key.
Those that may not, such as the making of a key, are sent again only where the server surely did nothing.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from packshot.errors import PackshotError


def _nobody_told(_error: PackshotError, _waited_s: float) -> None:
    """What a policy does before a pause if nobody says otherwise: nothing."""


@dataclass(frozen=True)
class RetryPolicy:
    """Pauses grow from `base_s` to `cap_s`; no attempt starts later than `give_up_after_s` after the first.

    A server that never answered this client is given up after `first_answer_s`: it is probably not there.
    `on_wait` is called before each pause, on the thread that waits, with the error that is waited out, and for how many
    seconds its request will have been tried by the end of the pause. `sleep` (`async_sleep` of an AsyncClient),
    `jitter` (0..1) and `clock` are for tests and for callers that want to be woken early.
    """

    give_up_after_s: float = 60.0
    first_answer_s: float = 3.0
    base_s: float = 0.2
    cap_s: float = 8.0
    sleep: Callable[[float], object] = time.sleep
    async_sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    jitter: Callable[[], float] = random.random
    clock: Callable[[], float] = time.monotonic
    on_wait: Callable[[PackshotError, float], object] = _nobody_told

    def pause_s(self, attempt: int, retry_after_s: float | None) -> float:
        """Seconds before the attempt after `attempt` (1 is the first): never less than the server's Retry-After."""
        grown = min(self.cap_s, self.base_s * 2.0 ** min(attempt - 1, 20))
        jittered = grown * (0.5 + 0.5 * self.jitter())
        return max(jittered, (retry_after_s or 0.0) + self.base_s * self.jitter())
