"""How far a job is, from the weights of its stages. Knows neither Redis nor the engine."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_INTERVAL_S = 0.25


def shares_of(count: Callable[[int, int], None], totals: Sequence[int]) -> list[Callable[[int, int], None]]:
    """A counter like `count` for each of several works of so many units, all of which count as one.

    They are called by one thread at a time, as the engine's device thread does.
    """
    done, total = [0] * len(totals), sum(totals)

    def share(index: int) -> Callable[[int, int], None]:
        def units(units_done: int, _of: int) -> None:
            done[index] = units_done
            count(sum(done), total)

        return units

    return [share(index) for index in range(len(totals))]


@dataclass(frozen=True)
class Shown:
    """What is told of a job: the part of all that is done, 0..1, and of the stage that it is at."""

    fraction: float
    stage: str
    index: int
    within: float


class Progress:
    """Counts the stages of one job, and publishes at most four times a second.

    `stages` are (name, weight) in order; `publish` is called in the job's own thread only. `units` may be called by any
    thread (the engine's device thread does) and costs nothing.
    """

    def __init__(self, stages: Sequence[tuple[str, float]], publish: Callable[["Shown"], None]) -> None:
        self._stages = stages
        self._publish = publish
        self._total = sum(weight for _, weight in stages)
        self._index = 0
        self._turn = (0, 1)
        self._part = (0.0, 1.0)
        self._within = 0.0
        self._published_at = time.monotonic()

    def enter(self, index: int, turn: int = 0, turns: int = 1) -> None:
        """Begin stage `index`, or the part of it that is for picture `turn` of `turns`; all before it is done."""
        self._within, self._part = 0.0, (0.0, 1.0)
        self._turn = (turn, turns)
        self._index = index
        self.publish()

    def part(self, start: float, end: float) -> None:
        """From now on `units` counts from `start` to `end` of this stage, 0 to 1, or of this picture's part of it."""
        self._part = (start, end)

    def units(self, done: int, total: int) -> None:
        """The stage's inner count, such as tiles of an image; what begins to count anew takes nothing back."""
        start, end = self._part
        self._within = max(self._within, start + (end - start) * (done / total if total else 0.0))

    @property
    def fraction(self) -> float:
        """The part of all weight that is done, 0..1."""
        index = self._index
        done = sum(weight for _, weight in self._stages[:index]) + self._of_stage * self._stages[index][1]
        return min(1.0, done / self._total)

    @property
    def _of_stage(self) -> float:
        """The part of this stage that is done, of all pictures."""
        turn, turns = self._turn
        return (turn + self._within) / turns

    def publish(self) -> None:
        """Tell where the job is, unless it was told a moment ago."""
        now = time.monotonic()
        if now - self._published_at >= _INTERVAL_S:
            self._published_at = now
            self._publish(Shown(self.fraction, self._stages[self._index][0], self._index, self._of_stage))
