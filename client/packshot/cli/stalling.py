"""Why nothing moves: a run that makes no progress for a while asks once whether any worker lives."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from packshot.client import Client
from packshot.errors import PackshotError, Unavailable
from packshot.models import Progress

STALLED_S = 10.0
NO_WORKER = "no worker is alive: see packshot doctor"
AGAIN = "an attempt came to no end and is made again: if that goes on, packshot doctor on the server says why"


class StallWatch:
    """Hands `say` a sentence where jobs wait and no worker lives, and one where jobs are tried again, once each.

    Used on one thread; asks the server once.
    """

    def __init__(self, client: Client, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._say = say
        self._clock = clock
        self._seen: dict[Any, Any] = {}
        self._since = clock()
        self._asked = False
        self._told_again = False

    def tick(self, under_way: Mapping[Any, Any]) -> None:
        """Called often, with what is under way and how far it is."""
        if not self._told_again and any(isinstance(one, Progress) and one.again for one in under_way.values()):
            self._told_again = True
            self._say(AGAIN)
        if self._asked:
            return
        now, seen = self._clock(), dict(under_way)
        if not seen or seen != self._seen:
            self._seen, self._since = seen, now
        elif now - self._since >= STALLED_S:
            self._asked = True
            try:
                self._client.ready()
            except Unavailable as error:
                if error.problem.extra.get("workers") == 0:
                    self._say(NO_WORKER)
            except PackshotError:
                return  # the jobs' own requests meet the same, and tell it
