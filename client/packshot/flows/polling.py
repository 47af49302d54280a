"""Waits for what changes on the server, by long polls."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from packshot.errors import WaitTimedOut
from packshot.flows.steps import Pause, Steps, Tell
from packshot.wire import Wire

LONG_POLL_S = 20.0


class Polled(Protocol):
    """What is waited for; its text says what it is and how it stands."""

    @property
    def over(self) -> bool:
        """Whether there is nothing to wait for any more."""

    @property
    def told(self) -> Any:
        """What a listener is told, as it is now."""

    def poll_steps(self, wait_s: float, *, until_change: bool) -> Steps[None]:
        """Asks once; the server holds its answer for so long, until its end or `until_change`."""


@dataclass(frozen=True)
class Patience:
    """How long to wait (None: for ever), whom to tell of changes, and the least time between two questions."""

    timeout_s: float | None = None
    on_progress: Callable[[Any], object] | None = None
    interval_s: float = 0.2


def waited(wire: Wire, polled: Polled, patience: Patience) -> Steps[None]:
    """Returns once it is over. Raises WaitTimedOut, and what a question may raise."""
    policy, listener, timeout_s = wire.policy, patience.on_progress, patience.timeout_s
    started = policy.clock()
    while not polled.over:
        asked = policy.clock()
        left_s = LONG_POLL_S if timeout_s is None else started + timeout_s - asked
        if left_s <= 0:
            raise WaitTimedOut(f"{polled} after {timeout_s:g} s")
        before = polled.told
        yield from polled.poll_steps(min(LONG_POLL_S, left_s), until_change=listener is not None)
        if listener is not None and polled.told != before:
            yield Tell(listener, polled.told)
        if not polled.over:
            yield Pause(max(0.0, patience.interval_s - (policy.clock() - asked)))
