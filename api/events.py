"""Server-sent events: what happens to a job, to a batch, or to all jobs of a tenant, told as it happens."""

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field, replace
from http import HTTPStatus

import redis
import structlog
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from api.access import admission, requires, tenant
from api.batches import found_batch
from api.descriptions import events as descriptions
from api.event_sources import (
    BatchSource,
    Event,
    JobSource,
    Look,
    Source,
    TenantSource,
    batch_event_id,
    job_event_id,
)
from api.jobs import found_job
from api.queries import NoQuery, read_query
from api.services import services
from jobs.changes import ChangeListener
from jobs.waiting import Waiter

events = Blueprint("events", __name__, url_prefix="/v1")

HEARTBEAT_S = 15.0
MOVES_S = 3.0  # how soon one hears that its place in the queue has changed
ADMITTED_S = 15.0  # how soon a stream ends whose key was revoked
LONGEST_S = 900.0  # then the client connects anew, and shows its key again
RETRY_MS = 2000

log = structlog.get_logger("api.events")


@events.get("/jobs/<job_id>/events")
@descriptions.JOB
@requires("jobs:read")
def follow_job(job_id: str) -> ResponseReturnValue:
    """Server-sent events of one job: first how it is, then every change, up to its end.

    An event is named after the job's state when that has changed (`queued`, `running`, `succeeded`, `failed`,
    `canceled`, `expired`), else `progress`; `erased` when the job is gone.
    """
    read_query(NoQuery)
    view, known = found_job(tenant(), job_id), services()
    ended = view.state.is_terminal and _last_seen() == job_event_id(view)
    return _nothing_left() if ended else _answer(JobSource(known.store, known.parallel, tenant(), job_id))


@events.get("/batches/<batch_id>/events")
@descriptions.BATCH
@requires("jobs:read")
def follow_batch(batch_id: str) -> ResponseReturnValue:
    """Server-sent events of one batch: how it is, then its counts at most four times a second, up to its end.

    An event is named after the batch's state when that has changed (`running`, `paused`, `finished`, `canceled`), else
    `progress`; `erased` when the batch is gone.
    """
    read_query(NoQuery)
    view, known = found_batch(batch_id), services()
    ended = view.state.is_terminal and _last_seen() == batch_event_id(view)
    return _nothing_left() if ended else _answer(BatchSource(known.store, known.parallel, tenant(), batch_id))


@events.get("/events")
@descriptions.ALL
@requires("jobs:read")
def follow_all() -> ResponseReturnValue:
    """Server-sent events of all jobs of the key's tenant, as those of one job.

    The first event is `ready`: list the jobs then, and nothing is missed. A client that reconnects with `Last-Event-ID`
    is told each job that changed meanwhile, as it is now; `reset` says that too much changed: list them anew.
    """
    read_query(NoQuery)
    known = services()
    return _answer(TenantSource(known.store, known.parallel, tenant()))


def _last_seen() -> str | None:
    return request.headers.get("Last-Event-ID") or None


def _nothing_left() -> Response:
    """What makes a browser's EventSource give up."""
    return Response(status=HTTPStatus.NO_CONTENT)


def _answer(source: Source) -> Response:
    """The stream. Raises ProblemError rate-limited or unavailable where too many wait already."""
    stack, waiter = services().long_polls.held(LONGEST_S)
    stream = _Stream(source, waiter, services().store.changes, admission())
    answer = Response(stream.chunks(_last_seen()), content_type=f"{descriptions.MEDIA_TYPE}; charset=utf-8")
    answer.call_on_close(stack.close)
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["X-Accel-Buffering"] = "no"  # or nginx keeps events back
    return answer


@dataclass
class _Stream:
    """One client's stream."""

    source: Source
    waiter: Waiter
    changes: ChangeListener
    admitted: Callable[[], bool]
    asked_at: float = field(default_factory=time.monotonic)
    told_at: float = field(default_factory=time.monotonic)

    def chunks(self, seen: str | None) -> Iterator[bytes]:
        """What goes over the wire, to a client that has seen the event of that id."""
        yield f"retry: {RETRY_MS}\n\n".encode()
        try:
            yield from self._follow(seen)
        except redis.RedisError as error:  # the client connects again, and is told why it cannot
            log.warning("a stream was cut off", error=repr(error))

    def _follow(self, seen: str | None) -> Iterator[bytes]:
        with self.changes.watching(self.source.topic, self.waiter.woken) as topic:
            news = False
            while True:
                if self._is_closed():
                    return
                heard = self.changes.heard
                shared = news and self.source.shared
                look = topic.look("events", lambda: self.source.look(None)) if shared else self.source.look(seen)
                for event in look.events:
                    if event.id != seen:
                        yield _named(event, seen).encode()
                        seen, self.told_at = event.id, time.monotonic()
                    if event.last:
                        return
                if look.more:
                    continue
                news = yield from self._sleep(look, heard)
                if self.waiter.is_over:
                    return

    def _is_closed(self) -> bool:
        """Whether the key with which the stream began opens nothing any more; asked now and then."""
        if time.monotonic() - self.asked_at < ADMITTED_S:
            return False
        self.asked_at = time.monotonic()
        return not self.admitted()

    def _sleep(self, look: Look, heard: int) -> Generator[bytes, None, bool]:
        """Sleep until there is something to look at; returns whether that is news."""
        if self.source.pace_s:
            self.waiter.sleep_through(self.source.pace_s)
        while not self.waiter.is_over:
            unasked_s = self.asked_at + ADMITTED_S - time.monotonic()
            if unasked_s <= 0:
                return False
            left_s = self.told_at + HEARTBEAT_S - time.monotonic()
            if left_s <= 0:
                self.told_at = time.monotonic()
                yield b":\n\n"  # a comment, so that nobody between takes the connection for dead
                return False
            if self.waiter.sleep(min(left_s, unasked_s, MOVES_S if look.moves else left_s)):
                return True
            if look.moves and self.changes.heard != heard:
                return False
        return False


def _named(event: Event, seen: str | None) -> Event:
    """As ``progress`` to those who saw the same state before."""
    same = seen is not None and "." in event.id and seen.partition(".")[0] == event.id.partition(".")[0]
    return replace(event, name="progress") if same else event
