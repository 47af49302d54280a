"""What it means to wait for a job or a batch, for those who poll: until when, and how long at most."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from jobs.changes import ChangeListener

RECHECK_S = 1.0  # pub/sub may lose a message; a look at the record every second bounds what that costs


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


def wait_for(
    changes: ChangeListener, name: str, look: Callable[[], V | None], goal: Goal, timeout_s: float
) -> V | None:
    """Look at what is called ``name`` at each of its changes until the goal is reached, or the time is over.

    What has ended is never waited for. Returns the last look, whether anything happened or not.
    """
    end = time.monotonic() + timeout_s
    with changes.watching(name) as change:
        while True:
            change.clear()
            view = look()
            left_s = end - time.monotonic()
            if goal.is_reached(view) or left_s <= 0:
                return view
            change.wait(min(left_s, RECHECK_S))
