"""Which batch sizes the device's memory allows just now: what did not fit is left out, and tried again later."""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.batching.lanes import Slots

FIRST_WAIT_S = 60.0
LONGEST_WAIT_S = 3600.0


@dataclass(slots=True)
class _Shortage:
    """`sizes`: how many of the model's sizes are allowed; one more is from `until` on. `grown`: one was, since."""

    sizes: int
    until: float
    wait_s: float
    grown: bool = False


class MemoryLimits:
    """The models' slots under what their batches met. As the batcher: no clock of its own.

    Memory that another process held for a moment would else cost throughput until the worker is restarted. Each time
    a size that was tried again does not fit either, the next try comes after twice as long, an hour at most.
    """

    def __init__(self, models: Mapping[str, Slots]) -> None:
        self._models = dict(models)
        self._shortages: dict[str, _Shortage] = {}

    def add(self, model: str, slots: Slots) -> None:
        """One model more, which has met nothing yet."""
        self._models[model] = slots

    def remove(self, model: str) -> None:
        """Forget a model and what its batches met."""
        del self._models[model]
        self._shortages.pop(model, None)

    def slots(self, model: str, now: float) -> Slots:
        """What the model's batches may be made of."""
        whole, short = self._models[model], self._shortages.get(model)
        if short is None:
            return whole
        if now >= short.until and short.sizes < len(whole.sizes):
            short.sizes, short.until, short.grown = short.sizes + 1, now + short.wait_s, True
        return whole if short.sizes >= len(whole.sizes) else whole.below(whole.sizes[short.sizes])

    def note_shortage(self, model: str, size: int, now: float) -> None:
        """A batch of `size` slots was too large for the device's memory: no such again, for a while."""
        allowed = len(self._models[model].below(size).sizes)
        short = self._shortages.setdefault(model, _Shortage(allowed, 0.0, FIRST_WAIT_S))
        if short.grown:
            short.wait_s, short.grown = min(2 * short.wait_s, LONGEST_WAIT_S), False
        short.sizes, short.until = min(allowed, short.sizes), now + short.wait_s
