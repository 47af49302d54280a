"""What is told of several works that were asked of one network at once: one entry in the place of sixty."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from engine import BatchFacts


def together(works: Sequence[BatchFacts]) -> BatchFacts:
    """The facts of one or more works of the same model as those of one.

    Units, times on the device and batches add up (a batch that several of them shared counts for each); the wait is the
    longest one; means are over batches, and wastes over units.
    """
    if len(works) == 1:
        return works[0]
    reasons = sum((Counter(work.flush_reasons) for work in works), Counter[str]())
    return replace(
        works[0],
        units=sum(work.units for work in works),
        batches=sum(work.batches for work in works),
        mean_batch_size=_mean(works, lambda work: (work.mean_batch_size, work.batches), 2),
        mean_batch_works=_mean(works, lambda work: (work.mean_batch_works, work.batches), 2),
        wait_ms=max(work.wait_ms for work in works),
        device_ms=round(sum(work.device_ms for work in works), 3),
        halo_waste=_mean(works, lambda work: (work.halo_waste, work.units), 4),
        padding_waste=_mean(works, lambda work: (work.padding_waste, work.units), 4),
        flush_reasons=dict(reasons),
    )


def _mean(
    works: Sequence[BatchFacts], value_and_weight: Callable[[BatchFacts], tuple[float, int]], digits: int
) -> float:
    pairs = [value_and_weight(work) for work in works]
    return round(sum(value * weight for value, weight in pairs) / max(1, sum(weight for _, weight in pairs)), digits)
