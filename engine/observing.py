"""What the device did, told batch by batch to whoever watches: counters, traces. The engine knows none of them.

An observer is handed to `Engine.start` and called on the device thread, right after each batch and before the futures
of the works that it ended are resolved.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from engine.batching.filling import Batch

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BatchEvent:
    """One batch that ran, or failed. `started` and `ended` are time.monotonic() seconds."""

    model: str
    version: str
    backend: str
    slots: int
    """How many slots the device ran, empty ones included."""
    units: int
    works: int
    """Submissions that had a unit in it."""
    fill: float
    """0 to 1: the part of what the network saw that belonged to a unit or its halo."""
    reason: str
    """Why it left: one of `engine.batching.facts.FLUSH_REASONS`."""
    core_px: int
    """Pixels that the answer is made of: of photos for tiles, of frames and of pictures made else."""
    started: float
    ended: float
    device_s: float
    """How long it was the oldest batch on the device: summed over batches, how long the device was busy."""
    waits_ms: tuple[float, ...]
    """From its submission to `started`, of each work that had its first unit in this batch."""
    tags: tuple[object, ...]
    """The tags of the works' tickets, each once, in the order of their units; works without a tag have none here."""
    error: str | None = None
    """What it failed with, as the exception's class; its units run again in smaller batches, but for one alone."""

    @property
    def failed(self) -> bool:
        """Whether nothing came of it."""
        return self.error is not None


class Observer(Protocol):
    """Whoever wants to hear of batches."""

    def batch_ended(self, event: BatchEvent) -> None:
        """Take notice. Device thread: it must return at once, never block and never raise."""
        ...


class Observers:
    """All who watch. One that raises does not end everyone's device: its first failure is logged, and no other."""

    def __init__(self, observers: Sequence[Observer] = ()) -> None:
        self._observers = tuple(observers)
        self._reported: set[int] = set()

    def __bool__(self) -> bool:
        return bool(self._observers)

    def tell(self, event: BatchEvent) -> None:
        """Call everybody. Device thread only."""
        for number, observer in enumerate(self._observers):
            try:
                observer.batch_ended(event)
            except Exception:  # an observer's mistake must not end everyone's device
                if number not in self._reported:
                    logger.exception(
                        "%s failed; it is called on, its next failures are not told", type(observer).__name__
                    )
                self._reported.add(number)


def event_of(batch: Batch, backend: str, *, since: float, ended: float, error: Exception | None) -> BatchEvent:
    """Put a batch into words before the batcher notes it. `since`: from when it was the oldest on the device."""
    works, card, usage = batch.works(), batch.members[0].work.card, batch.usage
    fresh = (work for work in works if work.tally.first_batch_at is None)
    return BatchEvent(
        model=batch.model,
        version=card.version,
        backend=backend,
        slots=batch.layout.size,
        units=len(batch.members),
        works=len(works),
        fill=(usage.core_px + usage.halo_px) / usage.seen_px,
        reason=batch.reason,
        core_px=usage.core_px,
        started=batch.started,
        ended=ended,
        device_s=ended - since,
        waits_ms=tuple((batch.started - work.tally.submitted_at) * 1000 for work in fresh),
        tags=tuple(dict.fromkeys(work.ticket.tag for work in works if work.ticket.tag is not None)),
        error=None if error is None else type(error).__name__,
    )
