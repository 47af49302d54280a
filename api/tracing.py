"""Spans of requests that change something, and what of them a job's record carries on to its worker."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace

import redis
import structlog
from flask import Flask, Response, g, request

from api.services import services
from jobs.batches.records import BatchSubmission
from jobs.records import Submission
from jobs.tracing import Begin, Carried, Span, begin_for_job

CHANGES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_LOOKS = frozenset({"GET", "HEAD", "OPTIONS"})


def trace_requests(app: Flask) -> None:
    """Give every request that changes something a span, and every line in the log its trace's id.

    A look (GET) has one only where its client's own trace asks for it: pollers would drown all else. After
    ``wrap_answers``, since what a request before left bound to the log is cleared there.
    """
    app.before_request(_note_begin)
    app.after_request(_note)
    app.teardown_request(_close)


def trace_for_client() -> None:
    """Begin the request's span, now that it is known who asks: his own trace is continued, where he sent one.

    A stranger's is not: he could have traces kept beyond the share, or fill the queue of spans.
    """
    tracing = services().tracing
    if tracing.on:
        _begin(tracing.carried_of_client(request.headers.get("traceparent")))


@contextmanager
def submitting(what: str, destination: str) -> Iterator[Span]:
    """The span of putting a job, or a whole catalogue, into the record: what its worker's spans descend from."""
    tracing = services().tracing
    attributes = {
        "messaging.system": "packshot",
        "messaging.operation.name": "submit",
        "messaging.operation.type": "send",
        "messaging.destination.name": destination,
    }
    if not tracing.on:
        yield tracing.current()
        return
    how = Begin("producer", tracing.current().traceparent or None, attributes=attributes)
    with tracing.begin(f"submit {what}", how) as span:
        yield span


def note_job(span: Span, submission: Submission) -> None:
    """Which job it was: to the span, and to the request's further lines in the log."""
    structlog.contextvars.bind_contextvars(job=submission.job_id)
    span.set("messaging.message.id", submission.job_id)
    if not submission.created:
        span.set("packshot.replayed", True)


def note_batch(span: Span, submission: BatchSubmission, rows: int) -> None:
    """Which catalogue it was, and of how many rows."""
    structlog.contextvars.bind_contextvars(batch=submission.batch_id)
    span.set("messaging.message.id", submission.batch_id)
    span.set("messaging.batch.message_count", rows)


def note_canceled(job_id: str) -> None:
    """A job that was canceled before a worker had it: its trace says so, in the place of an attempt.

    It is canceled by now: where Redis does not tell its trace any more, nothing is told.
    """
    known = services()
    if not known.tracing.on:
        return
    with suppress(redis.RedisError):
        how = begin_for_job(job_id, known.store.trace_of(job_id))
        attributes = {"messaging.message.id": job_id, "packshot.outcome": "canceled"}
        known.tracing.tell("cancel", replace(how, attributes=attributes), 0.0)


def carried(span: Span) -> str | None:
    """What the job's record is to say of it; None where nothing is traced."""
    return services().tracing.carry(span, from_client=g.get("traced_by_client", False))


def carried_to_all(span: Span) -> str | None:
    """What a catalogue's jobs' records are to say of it: each is a trace of its own, and linked to this one."""
    return str(Carried(span.traceparent, "batch")) if span.traceparent else None


def _note_begin() -> None:
    g.began_at = time.monotonic()


def _begin(parent: str | None) -> None:
    if "trace" in g or (request.method not in CHANGES and parent is None):
        return
    route = request.url_rule.rule if request.url_rule else ""
    method = request.method if request.method in CHANGES | _LOOKS else "_OTHER"
    attributes = {"http.request.method": method, "http.route": route, "url.scheme": request.scheme}
    how = Begin("server", parent, ago_s=time.monotonic() - g.began_at, attributes=attributes)
    g.traced_by_client, g.trace = parent is not None, ExitStack()
    span = g.trace.enter_context(services().tracing.begin(f"{method} {route}".strip(), how))
    structlog.contextvars.bind_contextvars(trace_id=span.trace_id)


def _note(response: Response) -> Response:
    """What the answer was. By the conventions for HTTP only a fault of the server's fails its span."""
    if services().tracing.on and "began_at" in g:
        _begin(None)  # of a request whose client was not asked for, or not let in
    if "trace" not in g:
        return response
    span = services().tracing.current()
    span.set("http.response.status_code", response.status_code)
    told = structlog.contextvars.get_contextvars()
    for name in ("tenant", "request_id", "job", "batch"):
        if told.get(name):
            span.set(f"packshot.{name}", str(told[name]))
    if response.status_code >= 400 and response.is_json:
        slug = str((response.get_json(silent=True) or {}).get("type", "")).rpartition("/")[2]
        span.set("packshot.problem", slug)
        if response.status_code >= 500:
            span.fail(slug or str(response.status_code))
    return response


def _close(_error: BaseException | None) -> None:
    if "trace" in g:
        g.pop("trace").close()
