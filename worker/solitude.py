"""Who works in this process at once: many jobs, or one alone of which a worker was lost before. Knows no Redis.

A job that ends its process, by a fault in native code or by all the memory, costs every other job there an attempt too:
three times, and they would be dead with it. So from its second such attempt on a job is a suspect, and a process takes
nothing else while it has one.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from jobs.records import Claim

UntilAnswered = Callable[[Callable[[], Claim | None]], Claim | None]

_LOOK_S = 0.2


class Solitude:
    """Thread-safe. Claims are asked for one after the other, so that no two suspects come in together."""

    def __init__(self) -> None:
        self._claiming = threading.Lock()
        self._changed = threading.Condition()
        self._at_work = 0
        self._suspect = False

    @contextmanager
    def claimed(
        self, ask: Callable[[], Claim | None], leaving: Callable[[], bool], until_answered: UntilAnswered
    ) -> Iterator[Claim | None]:
        """What `ask` brings, counted as at work until the block ends.

        Waits before it asks while a suspect is here; None without a claim when `leaving` says so meanwhile.
        `until_answered` asks again while Redis is away: between two questions other threads ask theirs.
        """
        found = until_answered(lambda: self._ask_alone(ask, leaving))
        try:
            yield found
        finally:
            if found is not None:
                self._leave(found)

    def wait(self, claim: Claim, check: Callable[[], None]) -> None:
        """Wait until a suspect is alone; `check` is called meanwhile, and ends the wait by what it raises."""
        while claim.suspect and not self._is_alone():
            check()

    def _ask_alone(self, ask: Callable[[], Claim | None], leaving: Callable[[], bool]) -> Claim | None:
        with self._claiming:
            found = ask() if self._has_no_suspect(leaving) else None
            if found is not None:
                self._enter(found)
        return found

    def _has_no_suspect(self, leaving: Callable[[], bool]) -> bool:
        with self._changed:
            while self._suspect:
                if leaving():
                    return False
                self._changed.wait(_LOOK_S)
        return True

    def _is_alone(self) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._at_work == 1, _LOOK_S)

    def _enter(self, claim: Claim) -> None:
        with self._changed:
            self._at_work += 1
            self._suspect = claim.suspect

    def _leave(self, claim: Claim) -> None:
        with self._changed:
            self._at_work -= 1
            self._suspect = self._suspect and not claim.suspect
            self._changed.notify_all()
