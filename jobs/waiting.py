"""What it means to wait for a job or a batch, for those who poll: until when, and how long at most."""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol, TypeVar

from jobs.changes import ChangeListener

RECHECK_S = 15.0  # no message is lost unnoticed as far as we know; a look now and then bounds what we do not know


class _End(Protocol):
    @property
    def is_terminal(self) -> bool: ...


class Watched(Protocol):
    """What can be waited for: a job's view, or a batch's."""

    @property
    def version(self) -> int:
        """Grows with every visible change."""
        ...

    @property
    def state(self) -> _End:
        """Tells whether anything can still change."""
        ...


V = TypeVar("V", bound=Watched)


@dataclass(frozen=True)
class Goal:
    """What to wait for: the end, or any version but ``seen_version``."""

    until_terminal: bool
    seen_version: int | None

    def is_reached(self, view: Watched | None) -> bool:
        """True as well when it is gone: nothing will come."""
        if view is None or view.state.is_terminal:
            return True
        return not self.until_terminal and view.version != self.seen_version


class Waiter:
    """One who waits, in a thread of its own: woken by changes, and called off by any other thread.

    ``resting`` is entered for as long as it sleeps.
    """

    def __init__(self, timeout_s: float, resting: Callable[[], AbstractContextManager[None]] = nullcontext) -> None:
        self._end = time.monotonic() + timeout_s
        self._resting = resting
        self._off = threading.Event()
        self.woken = threading.Event()
        """Set by whoever has news."""

    @property
    def is_over(self) -> bool:
        """True when its time has passed, or it was called off."""
        return self._off.is_set() or time.monotonic() >= self._end

    @property
    def is_called_off(self) -> bool:
        """True when it has to end at once."""
        return self._off.is_set()

    def call_off(self) -> None:
        """Let it end now."""
        self._off.set()
        self.woken.set()

    def sleep(self, most_s: float) -> bool:
        """Sleep until woken, over, or ``most_s`` have passed; whether there are news. Look only after it returned."""
        with self._resting():
            news = self.woken.wait(max(0.0, min(most_s, self._end - time.monotonic())))
        self.woken.clear()
        return news

    def sleep_through(self, seconds: float) -> None:
        """Sleep whatever news there are, unless called off."""
        with self._resting():
            self._off.wait(seconds)


def wait_for(changes: ChangeListener, name: str, look: Callable[[], V | None], goal: Goal, waiter: Waiter) -> V | None:
    """Look at what is called ``name`` at each of its changes until the goal is reached, or the waiter's time is over.

    What has ended is never waited for. Returns the last look, whether anything happened or not.
    """
    with changes.watching(name, waiter.woken) as topic:
        view = look()
        while not (goal.is_reached(view) or waiter.is_over):
            news = waiter.sleep(RECHECK_S)
            if waiter.is_called_off:
                break
            view = topic.look("view", look) if news else look()
        return view
