"""How far a job is, from the weights of its stages. Knows neither Redis nor the engine."""

import time
from collections.abc import Callable, Sequence

_INTERVAL_S = 0.25


class Progress:
    """Counts the stages of one job, and publishes at most four times a second.

    `stages` are (name, weight) in order; `publish(fraction, stage)` is called in the job's own thread only. `units` may
    be called by any thread (the engine's device thread does) and costs nothing.
    """

    def __init__(self, stages: Sequence[tuple[str, float]], publish: Callable[[float, str], None]) -> None:
        self._stages = stages
        self._publish = publish
        self._total = sum(weight for _, weight in stages)
        self._index = 0
        self._within = 0.0
        self._published_at = time.monotonic()

    def enter(self, index: int) -> None:
        """Begin stage `index`; all before it are done."""
        self._within = 0.0
        self._index = index
        self.publish()

    def units(self, done: int, total: int) -> None:
        """The stage's inner count, such as tiles of an image."""
        self._within = done / total if total else 0.0

    @property
    def fraction(self) -> float:
        """The part of all weight that is done, 0..1."""
        index = self._index
        done = sum(weight for _, weight in self._stages[:index]) + self._within * self._stages[index][1]
        return min(1.0, done / self._total)

    def publish(self) -> None:
        """Tell where the job is, unless it was told a moment ago."""
        now = time.monotonic()
        if now - self._published_at >= _INTERVAL_S:
            self._published_at = now
            self._publish(self.fraction, self._stages[self._index][0])
