"""Replays a trace through a scheduler on a virtual clock, and keeps what happened."""

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.errors import DeviceLost, EngineClosed
from engine.simulation.device import DeviceModel, Faults
from engine.simulation.schedulers import Load, Outcome, Scheduler
from engine.simulation.traces import Trace


@dataclass(frozen=True, slots=True)
class Ran:
    """A batch that the device ran: chosen by the scheduler, later begun by the device."""

    load: Load
    chosen_s: float
    start_s: float
    end_s: float
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """When a photo was over, and with what."""

    at_s: float
    error: Exception | None


@dataclass(slots=True)
class History:
    """What happened: batches in the order they ran, and each photo's end by its number in the trace."""

    trace: Trace
    device: DeviceModel
    batches: list[Ran] = field(default_factory=list)
    endings: dict[int, Ending] = field(default_factory=dict)


def replay(
    trace: Trace,
    scheduler: Scheduler,
    device: DeviceModel,
    faults: Faults | None = None,
    *,
    depth: int = 1,
    close_s: float = math.inf,
) -> History:
    """Run until every photo is over. `depth`: batches in flight at once; `close_s`: when the engine is closed.

    A photo left over when nothing can happen any more is a bug of the scheduler: AssertionError.
    """
    run = _Replay(History(trace, device), scheduler, faults or Faults(), depth, close_s)
    run.to_the_end()
    missing = set(range(len(trace))) - set(run.history.endings)
    assert not missing, f"photos {sorted(missing)} were forgotten"
    return run.history


@dataclass(slots=True)
class _Replay:
    history: History
    scheduler: Scheduler
    faults: Faults
    depth: int
    close_s: float
    now: float = 0.0
    closed: Exception | None = None
    in_flight: deque[Ran] = field(default_factory=deque)
    arrivals: deque[tuple[float, int]] = field(init=False)
    cancels: deque[tuple[float, int]] = field(init=False)

    def __post_init__(self) -> None:
        photos = list(enumerate(self.history.trace))
        self.arrivals = deque(sorted((photo.at_s, number) for number, photo in photos))
        called_off = [(number, photo) for number, photo in photos if photo.cancel_s is not None]
        self.cancels = deque(sorted((max(photo.at_s, photo.cancel_s or 0.0), number) for number, photo in called_off))

    def to_the_end(self) -> None:
        while True:
            self._happen()
            while self.closed is None and len(self.in_flight) < self.depth and self._launch():
                self._happen()
            self._collect()
            moment = min(self._moments(), default=None)
            if moment is None:
                return
            self.now = max(self.now, moment)

    def _moments(self) -> Iterator[float]:
        """When something will happen next, of its own."""
        yield from (queue[0][0] for queue in (self.arrivals, self.cancels) if queue)
        if self.in_flight:
            yield self.in_flight[0].end_s
        wakes_at = self.scheduler.wakes_at()
        if self.closed is None:
            if wakes_at is not None and len(self.in_flight) < self.depth:
                yield wakes_at
            if self.close_s < math.inf:
                yield self.close_s

    def _happen(self) -> None:
        """Let everything happen that is due by now."""
        while self.arrivals and self.arrivals[0][0] <= self.now:
            self._arrive(self.arrivals.popleft()[1])
        while self.cancels and self.cancels[0][0] <= self.now:
            self.scheduler.cancel(self.cancels.popleft()[1])
        while self.in_flight and self.in_flight[0].end_s <= self.now:
            self._answer(self.in_flight.popleft())
        if self.closed is None and self.close_s <= self.now:
            self.closed = EngineClosed(f"closed at {self.close_s:g} s")
        if self.closed is not None and not self.in_flight:  # what was running has been answered
            self.scheduler.drop_all(self.closed)
        self._collect()

    def _arrive(self, number: int) -> None:
        if self.closed is not None:
            self.history.endings[number] = Ending(self.now, self.closed)
            return
        self.scheduler.add(number, self.history.trace[number], self.now)

    def _launch(self) -> bool:
        """Give the device a batch: it starts when the host has described it and the batch before is over."""
        load = self.scheduler.next_load(self.now)
        if load is None:
            return False
        chosen_s = self.now
        self.now += self.history.device.host_s
        start_s = max(self.now, self.in_flight[-1].end_s if self.in_flight else 0.0)
        error = self.faults.of(load, len(self.history.batches) + 1)
        ran = Ran(load, chosen_s, start_s, start_s + self.history.device.seconds(load.area_px), error)
        self.history.batches.append(ran)
        self.in_flight.append(ran)
        return True

    def _answer(self, ran: Ran) -> None:
        if isinstance(ran.error, DeviceLost):
            self.in_flight.clear()
            self.closed = self.closed or ran.error
        else:
            self.scheduler.answer(ran.load, ran.error, self.now)

    def _collect(self) -> None:
        for outcome in self.scheduler.take_outcomes():
            self._end(outcome)

    def _end(self, outcome: Outcome) -> None:
        assert outcome.photo not in self.history.endings, f"photo {outcome.photo} was settled twice"
        self.history.endings[outcome.photo] = Ending(self.now, outcome.error)
