"""How much of the whole way is done, and how long the rest takes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from engine.training.progress import bar, duration


@dataclass(frozen=True)
class Leg:
    """A training as the clock sees it."""

    steps: int
    done: int  # when the clock was set
    cost: float  # of a step, in any unit


class Clock:
    """Knows what each leg costs, and learns on the way how long that takes on this machine."""

    def __init__(self, legs: Sequence[Leg]) -> None:
        self._legs = list(legs)
        self._began_s, self._began_at = time.monotonic(), 0

    def begin(self, leg: int) -> None:
        """Begin a leg: its speed tells how long the others take."""
        self._began_s, self._began_at = time.monotonic(), leg

    def note(self, step: int) -> str:
        """Return such as ``; all in all [######--------------] 31 %, about 4 h 10 min left`` at a step of this leg."""
        leg = self._legs[self._began_at]
        total = sum(each.steps * each.cost for each in self._legs)
        left = sum((each.steps - each.done) * each.cost for each in self._legs[self._began_at + 1 :])
        left += (leg.steps - step) * leg.cost
        walked = (step - leg.done) * leg.cost
        told = f"; all in all {bar(1 - left / total)}"
        if walked <= 0:
            return told
        return f"{told}, about {duration(left / walked * (time.monotonic() - self._began_s))} left"
