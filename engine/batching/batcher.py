"""The batcher: a deterministic core that decides which units run next. No thread, no clock, no device: all are given.

Its promises (tests/engine/batching): every unit is taken at most once, a batch holds one model's units only and never
more than the model's limit, the device never idles while work is queued (but for a burst's first `window_s`), units of
cancelled or late work are not taken, and a unit that fails does so alone.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from engine.batching.fairness import FairShares, Queues, Urgency
from engine.batching.units import Unit, Work
from engine.errors import DeadlineExceeded, EngineError, UnitCancelled, UnitFailed

NEAR_DEADLINE_S = 30.0
LEVEL_TURN = 8
"""One fresh batch in so many is led and filled with the priority ignored: no work is kept waiting for ever."""


class Member(NamedTuple):
    """A unit in a batch, and the work it belongs to."""

    work: Work
    unit: Unit


@dataclass(frozen=True, slots=True)
class Batch:
    """Units of one model for one run of the device, and why they left just now."""

    model: str
    members: tuple[Member, ...]
    reason: str
    started: float

    @property
    def units(self) -> list[Unit]:
        """What the executor is given."""
        return [member.unit for member in self.members]

    def works(self) -> dict[Work, int]:
        """The works in this batch, with how many units of each."""
        counts: dict[Work, int] = {}
        for member in self.members:
            counts[member.work] = counts.get(member.work, 0) + 1
        return counts


class Settled(NamedTuple):
    """A work that is over: `error` is None when all its units are done."""

    work: Work
    error: EngineError | None


class Batcher:
    """Owns the queued works between `add` and their settlement; the caller resolves futures from `take_settled`."""

    def __init__(self, limits: Mapping[str, int], window_s: float = 0.0) -> None:
        """`limits`: the largest batch of each model. `window_s`: how long the start of a burst may gather."""
        self._limits = dict(limits)
        self._window_s = window_s
        self._window_ends: float | None = None
        self._live: dict[Work, None] = {}
        self._shares = FairShares()
        self._parts: deque[tuple[Member, ...]] = deque()
        self._settled: list[Settled] = []
        self._running = False
        self._arrivals = 0
        self._fresh_batches = 0

    @property
    def idle(self) -> bool:
        """Whether no work is left."""
        return not self._live

    @property
    def has_settled(self) -> bool:
        """Whether `take_settled` has something to hand over."""
        return bool(self._settled)

    @property
    def window_ends(self) -> float | None:
        """Until when `next_batch` may hold a burst back, or None."""
        return self._window_ends

    def add(self, work: Work, now: float) -> None:
        """Queue a work."""
        if not self._live and not self._running and self._window_s:
            self._window_ends = now + self._window_s
        self._arrivals += 1
        self._shares.arrive(work.ticket.tenant)
        work.order = self._arrivals
        work.finish_tag = self._shares.served(work.ticket.tenant) + work.cost
        work.tally.submitted_at = now
        self._live[work] = None

    def next_batch(self, now: float) -> Batch | None:
        """Return what to run now, or None when nothing is queued (or a burst is gathering: see `window_ends`).

        Every batch must be answered by `finished` or `failed` before the next one is asked for.
        """
        assert not self._running, "the batch before was not answered"
        self._drop_dead(now)
        batch = self._next_part(now) or self._next_fresh(now)
        self._running = batch is not None
        return batch

    def finished(self, batch: Batch, now: float) -> None:
        """The batch ran; its units are written."""
        self._note(batch, now)
        for work, count in batch.works().items():
            work.done += count
            if work.done == len(work.boxes):
                self._settle(work, None)

    def failed(self, batch: Batch, error: Exception, now: float) -> None:
        """The batch failed: halve it, and once a unit stands alone, fail its work with UnitFailed."""
        self._note(batch, now)
        if len(batch.members) > 1:
            middle = len(batch.members) // 2
            self._parts.extendleft((batch.members[middle:], batch.members[:middle]))
            return
        work = batch.members[0].work
        box = batch.members[0].unit.box
        message = f"{batch.model}: the unit at y {box.y}, x {box.x} failed alone: {type(error).__name__}: {error}"
        self._settle(work, UnitFailed(message, error))

    def drop_all(self, error: EngineError) -> None:
        """Settle every work with `error`."""
        for work in list(self._live):
            self._settle(work, error)

    def take_settled(self) -> list[Settled]:
        """Hand over the works settled since the last call."""
        settled, self._settled = self._settled, []
        return settled

    def _drop_dead(self, now: float) -> None:
        for work in list(self._live):
            deadline = work.ticket.deadline
            progress = f"{work.card.model}: {work.done} of {len(work.boxes)} units were done"
            if work.ticket.cancelled.is_set():
                self._settle(work, UnitCancelled(f"{progress} when the ticket was cancelled"))
            elif deadline is not None and deadline <= now:
                self._settle(work, DeadlineExceeded(f"{progress} at the deadline, {now - deadline:.3f} s ago"))

    def _next_part(self, now: float) -> Batch | None:
        while self._parts:
            members = tuple(member for member in self._parts.popleft() if not member.work.settled)
            if members:
                return Batch(members[0].work.card.model, members, "split", now)
        return None

    def _next_fresh(self, now: float) -> Batch | None:
        queued = [work for work in self._live if work.remaining]
        if not queued:
            self._window_ends = None
            return None
        lead = self._queues(queued, now).lead()
        if lead.ticket.alone:
            return self._leave(self._gather([lead], 1, now), "alone", now)
        limit = self._limits[lead.card.model]
        mates = [work for work in queued if work.card.model == lead.card.model and not work.ticket.alone]
        full = sum(work.remaining for work in mates) >= limit
        if self._window_ends is not None and now < self._window_ends and not full:
            return None
        reason = "full" if full else "idle" if self._window_ends is None else "window"
        return self._leave(self._gather(mates, limit, now), reason, now)

    def _gather(self, works: list[Work], limit: int, now: float) -> Iterable[Member]:
        queues = self._queues(works, now)
        for _ in range(limit):
            if not queues:
                return
            work = queues.lead()
            yield Member(work, work.take())
            queues.take_from(work)

    def _queues(self, works: list[Work], now: float) -> Queues:
        level = (self._fresh_batches + 1) % LEVEL_TURN == 0
        return Queues(works, self._shares, Urgency(now, NEAR_DEADLINE_S, level=level))

    def _leave(self, members: Iterable[Member], reason: str, now: float) -> Batch:
        self._window_ends = None
        taken = tuple(members)
        self._fresh_batches += 1
        return Batch(taken[0].work.card.model, taken, reason, now)

    def _note(self, batch: Batch, now: float) -> None:
        assert self._running, "no batch was given out"
        self._running = False
        for work, count in batch.works().items():
            work.tally.note_batch(
                mine=count, size=len(batch.members), reason=batch.reason, started=batch.started, ended=now
            )

    def _settle(self, work: Work, error: EngineError | None) -> None:
        if work.settled:
            return
        work.settled = True
        del self._live[work]
        self._shares.leave(work.ticket.tenant)
        self._settled.append(Settled(work, error))
