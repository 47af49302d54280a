"""The batcher: a deterministic core that decides which units run next. No thread, no clock, no device: all are given.

Its promises (tests/engine/batching, tests/engine/simulation): every pixel of a work is taken exactly once, a batch
holds one model's units only and never more than the model's slots, the device never idles while work is queued (but
for a burst's first `window_s`), units of cancelled or late work are not taken, and a unit that fails does so alone.
"""

import math
from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

from engine.batching.fairness import FairShares, Queues, Urgency
from engine.batching.filling import Batch, Filling, Member, count_slots, halve, lay_out, usage_of
from engine.batching.lanes import Lane, Slots
from engine.batching.limits import MemoryLimits
from engine.batching.sizing import choose_size, is_less_urgent, may_join
from engine.batching.units import Work
from engine.errors import DeadlineExceeded, EngineError, UnitCancelled, UnitFailed

NEAR_DEADLINE_S = 30.0
LEVEL_TURN = 8
"""Of so many fresh batches led over the head of less urgent work, the last goes by age: nothing waits for ever."""


class Settled(NamedTuple):
    """A work that is over: `error` is None when all its units are done."""

    work: Work
    error: EngineError | None


class Batcher:
    """Owns the queued works between `add` and their settlement; the caller resolves futures from `take_settled`."""

    def __init__(self, models: Mapping[str, Slots], window_s: float = 0.0, device_px: float = math.inf) -> None:
        """`models`: what each model's batches are made of. `window_s`: how long the start of a burst may gather.

        `device_px`: how many pixels of begun works the device can hold; past it no work is begun, unless none is.
        """
        self._limits = MemoryLimits(models)
        self._window_s = window_s
        self._device_px = device_px
        self._begun_px = 0
        self._window_ends: float | None = None
        self._live: dict[Work, None] = {}
        self._shares = FairShares()
        self._parts: deque[tuple[Lane | None, tuple[Member, ...]]] = deque()
        self._settled: list[Settled] = []
        self._outstanding: set[Batch] = set()
        self._arrivals = 0
        self._passed_over = 0

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

    def serve(self, key: str, slots: Slots) -> None:
        """From now on there is such a model (see `Card.key`)."""
        self._limits.add(key, slots)

    def forget(self, key: str) -> bool:
        """There is no such model any more; False while a work is for it: then there still is."""
        if self.has_work_for(key):
            return False
        self._limits.remove(key)
        return True

    def has_work_for(self, key: str) -> bool:
        """Whether a work for that model is left."""
        return any(work.card.key == key for work in self._live)

    def add(self, work: Work, now: float) -> None:
        """Queue a work."""
        if not self._live and not self._outstanding and self._window_s:
            self._window_ends = now + self._window_s
        self._arrivals += 1
        self._shares.arrive(work)
        work.order = self._arrivals
        work.finish_tag = self._shares.served(work) + work.cutting.cost_px
        work.tally.submitted_at = now
        self._live[work] = None

    def next_batch(self, now: float) -> Batch | None:
        """Return what to run now, or None when nothing is queued (or a burst is gathering: see `window_ends`).

        Every batch must be answered by `finished` or `failed`, in any order; several may be outstanding.
        """
        self._drop_dead(now)
        batch = self._next_part(now) or self._next_fresh(now)
        if batch is not None:
            self._outstanding.add(batch)
        return batch

    def finished(self, batch: Batch, now: float) -> None:
        """The batch ran; its units are written."""
        self._note(batch, now)
        for work, members in batch.works().items():
            work.done_px += sum(member.placed.unit.box.pixels for member in members)
            work.tally.note_units(len(members), batch.share_of(members), batch.usage)
            if work.done_px == work.total_px:
                self._settle(work, None)

    def failed(self, batch: Batch, error: Exception, now: float) -> None:
        """The batch failed: halve it, and once a unit stands alone, fail its work with UnitFailed.

        A batch too large for the device's memory (MemoryError) is the last of its size for a while.
        """
        self._note(batch, now)
        if isinstance(error, MemoryError):
            self._limits.note_shortage(batch.key, batch.layout.size, now)
        if len(batch.members) > 1:
            self._put_back(batch.layout.lane, batch.members)
            return
        work, placed = batch.members[0]
        message = f"{batch.model}: the unit at {placed.unit.place} failed alone: {type(error).__name__}: {error}"
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
            if work.ticket.cancelled.is_set():
                self._settle(work, UnitCancelled(f"{_progress(work)} when the ticket was cancelled"))
            elif deadline is not None and deadline <= now:
                self._settle(work, DeadlineExceeded(f"{_progress(work)} at the deadline, {now - deadline:.3f} s ago"))

    def _next_part(self, now: float) -> Batch | None:
        while self._parts:
            lane, members = self._parts.popleft()
            members = tuple(member for member in members if not member.work.settled)
            if members and count_slots(members) > self._limits.slots(members[0].work.card.key, now).sizes[-1]:
                self._put_back(lane, members)
            elif members:
                return self._leave(lane, members, "split", now)
        return None

    def _put_back(self, lane: Lane | None, members: tuple[Member, ...]) -> None:
        """Queue the two halves of a batch before everything else."""
        first, second = halve(members)
        self._parts.extendleft(((lane, second), (lane, first)))

    def _next_fresh(self, now: float) -> Batch | None:
        queued = self._queued(now)
        if not queued:
            self._window_ends = None
            return None
        lead = self._queues(queued, now).lead()
        mates = [work for work in queued if may_join(work, lead)]
        limit, reason = choose_size(lead, mates, self._limits.slots(lead.card.key, now), level=self._level)
        if reason == "idle" and self._window_ends is not None:
            if now < self._window_ends:
                return None
            reason = "window"
        self._window_ends = None
        lane = lead.cutting.lane  # filling moves it on
        members = self._fill(mates, lane, limit, now)
        passed_over = not self._level and any(is_less_urgent(work, lead) for work in queued)
        self._passed_over = self._passed_over + 1 if passed_over else 0
        return self._leave(lane, members, reason, now)

    def _queued(self, now: float) -> list[Work]:
        """The works that have units left; only the begun ones while the first of all does not fit the device yet.

        So that what waits for room is not overtaken for ever by what needs less.
        """
        queued = [work for work in self._live if work.remaining]
        if queued and not self._has_place(self._queues(queued, now).lead()):
            return [work for work in queued if work.begun]
        return queued

    def _has_place(self, work: Work) -> bool:
        return work.begun or not self._begun_px or self._begun_px + work.held_px <= self._device_px

    def _fill(self, works: list[Work], lane: Lane | None, limit: int, now: float) -> tuple[Member, ...]:
        filling, queues = Filling(lane, limit), self._queues(works, now)
        while queues:
            work = queues.lead()
            if not self._has_place(work):
                queues = self._queues([mate for mate in works if mate.begun and mate.cutting.has(lane)], now)
                continue
            cost_px = filling.take_from(work)
            if cost_px is None:
                break
            self._begun_px += 0 if work.begun else work.held_px
            work.begun = True
            queues.charge(work, cost_px, used_up=not work.cutting.has(lane))
            if work.ticket.alone:
                break
        return tuple(filling.members)

    def _queues(self, works: list[Work], now: float) -> Queues:
        return Queues(works, self._shares, Urgency(now, NEAR_DEADLINE_S, level=self._level))

    @property
    def _level(self) -> bool:
        return self._passed_over == LEVEL_TURN - 1

    def _leave(self, lane: Lane | None, members: tuple[Member, ...], reason: str, now: float) -> Batch:
        card = members[0].work.card
        slots = self._limits.slots(card.key, now)
        layout = lay_out(members, lane, slots)
        return Batch(card.model, members, layout, usage_of(layout, card, slots), reason, now)

    def _note(self, batch: Batch, now: float) -> None:
        self._outstanding.remove(batch)
        works = batch.works()
        for work, members in works.items():
            work.tally.note_batch(
                share=batch.share_of(members),
                slots=batch.layout.size,
                works=len(works),
                reason=batch.reason,
                started=batch.started,
                ended=now,
            )

    def _settle(self, work: Work, error: EngineError | None) -> None:
        if work.settled:
            return
        work.settled = True
        self._begun_px -= work.held_px if work.begun else 0
        del self._live[work]
        self._shares.leave(work)
        self._settled.append(Settled(work, error))


def _progress(work: Work) -> str:
    return f"{work.card.model}: {work.done_px} of {work.total_px} pixels were done"
