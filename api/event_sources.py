"""What is told to those who follow a job, a batch, or all jobs of a tenant: events out of looks at the record.

Knows no connection: how events reach a client is ``api.events``' business. An event's id says how its subject stood, so
that a client which shows it again after a reconnect is not told the same twice.
"""

import json
from dataclasses import dataclass
from typing import Any, Protocol

from api.presence import ParallelJobs
from api.problems import problem_document
from api.views import eta_s, progress_document
from jobs.batches.estimates import estimate
from jobs.batches.records import BatchView
from jobs.changes import tenant_topic
from jobs.records import JobView
from jobs.showing import shown_time
from jobs.states import State
from jobs.store import JobStore

ERASED = "erased"


@dataclass(frozen=True)
class Event:
    """One event; after one that is ``last`` nothing can follow."""

    id: str
    name: str
    data: dict[str, Any]
    last: bool = False

    def encode(self) -> bytes:
        """As it goes over the wire: JSON has no line breaks, so one data line holds it."""
        return f"id: {self.id}\nevent: {self.name}\ndata: {json.dumps(self.data)}\n\n".encode()


@dataclass(frozen=True)
class Look:
    """What there is to tell. ``more``: look again at once. ``moves``: places in the queue may change unannounced."""

    events: tuple[Event, ...]
    more: bool = False
    moves: bool = False


class Source(Protocol):
    """What is followed."""

    topic: str
    """Under which name ``jobs.changes`` tells of it."""
    pace_s: float
    """How long to wait between two looks at least."""
    shared: bool
    """Whether a look gives the same to everybody, whatever they saw before."""

    def look(self, seen: str | None) -> Look:
        """What to tell to who has seen the event of that id."""
        ...


class JobSource:
    """One job, from what it is to its end."""

    pace_s = 0.0
    shared = True

    def __init__(self, store: JobStore, parallel: ParallelJobs, tenant: str, job_id: str) -> None:
        self._store, self._parallel = store, parallel
        self._tenant, self.topic = tenant, job_id

    def look(self, seen: str | None) -> Look:  # noqa: ARG002 (the same for everybody)
        """The job's one event, named after its state."""
        view = self._store.glance(self._tenant, self.topic)
        if view is None:
            return Look((_erased(self.topic, ERASED),))
        event = Event(job_event_id(view), view.state.value, job_data(view, self._parallel), view.state.is_terminal)
        return Look((event,), moves=view.queue_position is not None)


class BatchSource:
    """One batch, as far as its counts tell."""

    pace_s = 0.25
    shared = True

    def __init__(self, store: JobStore, parallel: ParallelJobs, tenant: str, batch_id: str) -> None:
        self._store, self._parallel = store, parallel
        self._tenant, self.topic = tenant, batch_id

    def look(self, seen: str | None) -> Look:  # noqa: ARG002 (the same for everybody)
        """The batch's one event."""
        view = self._store.get_batch(self._tenant, self.topic)
        if view is None:
            return Look((_erased(self.topic, ERASED),))
        data = batch_data(view, self._parallel.count())
        return Look((Event(batch_event_id(view), view.state.value, data, view.state.is_terminal),))


class TenantSource:
    """All jobs of a tenant. What it remembers of them is their states, until they end."""

    pace_s = 0.2
    shared = False

    def __init__(self, store: JobStore, parallel: ParallelJobs, tenant: str) -> None:
        self._store, self._parallel, self._tenant = store, parallel, tenant
        self.topic = tenant_topic(tenant)
        self._states: dict[str, State] = {}

    def look(self, seen: str | None) -> Look:
        """The jobs that changed since; where that is not known, or no longer, one event that says from where on."""
        since = int(seen) if seen and seen.isascii() and seen.isdecimal() and len(seen) <= 16 else None
        changes = self._store.changed_since(self._tenant, since)
        if since is None or not changes.complete:
            name = "ready" if seen is None else "reset"
            return Look((Event(str(changes.count), name, {}),))
        events = tuple(self._event(str(job.count), job.job_id, job.view) for job in changes.jobs)
        return Look(events, more=bool(events))

    def _event(self, event_id: str, job_id: str, view: JobView | None) -> Event:
        if view is None:
            self._states.pop(job_id, None)
            return Event(event_id, ERASED, {"id": job_id, "state": ERASED})
        name = "progress" if self._states.get(job_id) is view.state else view.state.value
        self._states[job_id] = view.state
        if view.state.is_terminal:
            del self._states[job_id]
        return Event(event_id, name, job_data(view, self._parallel))


def job_data(view: JobView, parallel: ParallelJobs) -> dict[str, Any]:
    """What an event says about a job."""
    return {
        "id": view.id,
        "state": view.state.value,
        "progress": progress_document(view),
        "queue_position": view.queue_position,
        "eta_s": eta_s(view, parallel),
        "attempt": view.attempt,
        "version": view.version,
        "problem": problem_document(view.problem) if view.problem else None,
        "needs_review": any(output.needs_review for output in view.outputs),
        "at": shown_time(view.outlook.now_ms if view.outlook else None),
    }


def batch_data(view: BatchView, parallel: int) -> dict[str, Any]:
    """What an event says about a batch."""
    time_left = estimate(view.left, view.times, parallel)
    return {
        "id": view.id,
        "state": view.state.value,
        "counts": vars(view.counts),
        "eta_s": time_left.seconds,
        "eta_note": time_left.reason,
        "finished_at": shown_time(view.finished_ms),
        "version": view.version,
    }


def job_event_id(view: JobView) -> str:
    """How the job stands, as an event's id: its state, its version, and its place in the queue."""
    place = "" if view.queue_position is None else f".{view.queue_position}"
    return f"{view.state.value}.{view.version}{place}"


def batch_event_id(view: BatchView) -> str:
    """How the batch stands, as an event's id."""
    counts = ".".join(str(number) for number in vars(view.counts).values())
    return f"{view.state.value}.{view.version}.{counts}"


def _erased(subject: str, event_id: str) -> Event:
    return Event(event_id, ERASED, {"id": subject, "state": ERASED}, last=True)
