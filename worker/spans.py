"""What a worker tells of a job as it goes: spans of its attempts, the words that every line of its log carries, and the
spans of the engine's batches, each linked to those of the jobs that were in it. Knows nothing of what a job does.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from itertools import islice

from structlog.contextvars import bound_contextvars

from engine.observing import BatchEvent
from jobs.records import Claim, Lapsed
from jobs.tracing import Begin, Span, Tracing, begin_for_job
from jobs.tracing.spans import Value

log = logging.getLogger(__name__)

LINKS_OF_A_BATCH = 128
"""So many spans one batch links to at most, as OpenTelemetry's own limit has it."""

_TOKEN_SHOWN = 8
_JOBS_NAMED = 20
_FAULTS = frozenset({"failed", "retry", "stalled", "lost", "expired"})


@dataclass(frozen=True)
class JobTag:
    """On whose behalf something was asked of the engine; ``mark`` is the span that asked, or None."""

    job_id: str
    tenant: str
    mark: str | None = None


@contextmanager
def attempt_at(claim: Claim, owner: str, tracing: Tracing) -> Iterator[Span]:
    """The block is an attempt at the job: what is logged within names it, and spans within belong to it.

    The time that it waited is told as a span of its own, beside that of the attempt.
    """
    with bound_contextvars(**_words(claim)):
        if not tracing.on:
            yield tracing.current()
            return
        how = begin_for_job(claim.job_id, claim.trace)
        waited_s = claim.waited_ms / 1000
        counted = {"packshot.attempt": claim.attempt, "packshot.lost_attempts": claim.lost}
        waiting: dict[str, Value] = {**_message_of(claim.job_id), **counted}
        told = replace(how, ago_s=waited_s, attributes=waiting)
        tracing.tell("wait in queue", told, waited_s)
        attributes: dict[str, Value] = {
            **waiting,
            "messaging.operation.name": "process",
            "messaging.operation.type": "process",
            "messaging.destination.name": claim.spec.priority,
            "packshot.tenant": claim.tenant,
            "packshot.request_id": claim.request_id,
            "packshot.worker": owner,
        }
        begun = tracing.begin("process job", replace(how, kind="consumer", attributes=attributes))
        with begun as span, bound_contextvars(trace_id=span.trace_id):
            yield span


@contextmanager
def about(claim: Claim) -> Iterator[None]:
    """The same words for lines that other threads log about a job that runs here."""
    with bound_contextvars(**_words(claim)):
        yield


def took(claim: Claim, ran_s: float) -> AbstractContextManager[None]:
    """What is logged within says how long the job waited and ran, and what it does: so slow ones are found."""
    operations = [params.op for params in claim.spec.operations]
    does = ",".join([*operations, *claim.spec.renditions])
    return bound_contextvars(waited_ms=claim.waited_ms, run_ms=round(ran_s * 1000), does=does)


def tell_end(tracing: Tracing, outcome: str, problem: str = "") -> None:
    """How this thread's attempt ended: ``succeeded``, ``failed``, ``retry``, ``canceled``, ``expired``, ``lost`` (its
    lease), ``late``, ``stalled`` or ``released``; and of what, by the problem's type.
    """
    span = tracing.current()
    span.set("packshot.outcome", outcome)
    if outcome in _FAULTS:
        span.fail(problem or outcome)


def name_file(span: Span, channel: str, file: str) -> None:
    """Which of a job's files a step was for, where there are channels: the slow one of many is to be found."""
    if channel:
        span.set("packshot.channel", channel)
        span.set("packshot.file", file)


def tell_lapsed(tracing: Tracing, lapsed: Lapsed) -> None:
    """An attempt whose worker was not heard of again: nobody else can tell its end."""
    words = {"job": lapsed.job_id, "tenant": lapsed.tenant, "attempt": lapsed.attempt, "request_id": lapsed.request_id}
    with bound_contextvars(**{name: value for name, value in words.items() if value}):
        log.warning("%s: the lease of attempt %d, held by %s, is over", lapsed.job_id, lapsed.attempt, lapsed.owner)
    attributes: Mapping[str, Value] = {
        **_message_of(lapsed.job_id),
        "packshot.attempt": lapsed.attempt,
        "packshot.tenant": lapsed.tenant,
        "packshot.worker": lapsed.owner,
        "packshot.outcome": "lost",
    }
    ran_s = lapsed.ran_ms / 1000
    how = begin_for_job(lapsed.job_id, lapsed.trace)
    tracing.tell("process job", replace(how, kind="consumer", ago_s=ran_s, attributes=attributes), ran_s, "lease-lost")


class BatchSpans:
    """An observer of the engine: a span for each batch that a traced job had a part in, and a line for one that failed.

    Called on the device thread: it neither waits nor computes.
    """

    def __init__(self, tracing: Tracing) -> None:
        self._tracing = tracing

    def batch_ended(self, event: BatchEvent) -> None:
        """Tell of it."""
        if event.failed:
            jobs = [tag.job_id for tag in islice(_tags(event), _JOBS_NAMED)]
            with bound_contextvars(jobs=jobs):
                log.warning("a batch of %d units of %s failed: %s", event.units, event.model, event.error)
        marks = tuple(islice((tag.mark for tag in _tags(event) if tag.mark is not None), LINKS_OF_A_BATCH))
        if marks:
            ran_s = event.ended - event.started
            how = Begin(links=marks, ago_s=ran_s, sampled=True, attributes=_facts(event))
            self._tracing.tell(f"batch {event.model}", how, ran_s, event.error or "")


def _tags(event: BatchEvent) -> Iterator[JobTag]:
    return (tag for tag in event.tags if isinstance(tag, JobTag))


def _facts(event: BatchEvent) -> dict[str, Value]:
    tags = list(_tags(event))
    return {
        "packshot.model": event.model,
        "packshot.model.version": event.version,
        "packshot.backend": event.backend,
        "packshot.batch.slots": event.slots,
        "packshot.batch.units": event.units,
        "packshot.batch.fill": round(event.fill, 4),
        "packshot.batch.reason": event.reason,
        "packshot.batch.jobs": len({tag.job_id for tag in tags}),
        "packshot.batch.tenants": len({tag.tenant for tag in tags}),
        "packshot.device_s": round(event.device_s, 6),
        "packshot.megapixels": round(event.core_px / 1e6, 4),
    }


def _words(claim: Claim) -> dict[str, str | int]:
    """The token's beginning alone: it tells attempts apart, and opens nothing."""
    words: dict[str, str | int] = {"job": claim.job_id, "tenant": claim.tenant, "attempt": claim.attempt}
    words["token"] = claim.token[:_TOKEN_SHOWN]
    if claim.request_id:
        words["request_id"] = claim.request_id
    return words


def _message_of(job_id: str) -> dict[str, str]:
    return {"messaging.system": "packshot", "messaging.message.id": job_id}
