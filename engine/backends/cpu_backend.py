"""What backends on the CPU have in common: whatever runs the network, pictures stay in the host's memory."""

import math
from typing import Any, Self

from numpy.typing import NDArray

from engine.backends.cpus import usable_cpus
from engine.cards import Card
from engine.settings import EngineSettings


class CpuBackend:
    """The part of a Backend that is the same for all of them; `load` and `describe` are their own."""

    batching_pays = False
    depth = 1
    loads_aside = True

    def __init__(self, threads: int = 0, precision: str = "auto") -> None:
        """`threads`: 0 takes every core that the process may use. `precision`: "int8" where a card has it."""
        self._threads = threads or usable_cpus()
        self._precision = precision

    @classmethod
    def from_settings(cls, settings: EngineSettings) -> Self:
        """As PACKSHOT_* say; "auto" is INT8 on a CPU, where a card has it and so promises its quality."""
        return cls(settings.threads, "int8" if settings.precision == "auto" else settings.precision)

    def variant_of(self, card: Card) -> Card:
        """See Backend."""
        return card.in_precision(self._precision)

    def room_px(self) -> float:
        """No bound of its own: the engine's callers ask for room in the host's memory."""
        return math.inf

    def collect(self, target: NDArray[Any]) -> None:
        """Nothing to fetch: targets are written in place."""

    def release(self, target: NDArray[Any]) -> None:
        """Nothing to forget."""

    def close(self) -> None:
        """Nothing to give back: what was loaded goes with its executors."""
