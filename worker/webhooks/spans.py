"""What is told of a webhook's attempt: its lines in the log say whose it is, and its span continues the job's trace."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import redis
from structlog.contextvars import bound_contextvars

from jobs.store import JobStore
from jobs.store.delivering import Sent
from jobs.tracing import Begin, Span, Tracing, begin_for_job, read_carried
from jobs.tracing.spans import Value
from jobs.webhooks.records import ClaimedDelivery
from worker.webhooks.messages import SignedMessage


@dataclass(frozen=True)
class DeliverySpan:
    """The span of one attempt. ``continued`` where the trace is the receiver's own: its client began it."""

    span: Span
    continued: bool = False

    def carried_by(self, message: SignedMessage) -> SignedMessage:
        """The message with the header ``traceparent``, where the receiver knows the trace already; no other is told."""
        if not self.continued:
            return message
        return replace(message, headers={**message.headers, "traceparent": self.span.traceparent})

    def end(self, sent: Sent) -> None:
        """What the receiver answered."""
        self.span.set("packshot.outcome", sent.outcome)
        if sent.status is not None:
            self.span.set("http.response.status_code", sent.status)
        if sent.error is not None:
            self.span.fail(str(sent.status) if sent.status is not None else "no-answer")


@contextmanager
def delivery_at(claimed: ClaimedDelivery, store: JobStore, tracing: Tracing) -> Iterator[DeliverySpan]:
    """The block is an attempt at the message. Of its URL the host alone is told: the rest may hold a secret."""
    message = claimed.message
    words = {"tenant": claimed.tenant, "job": message.job_id, "batch": message.batch_id, "webhook": message.id}
    with bound_contextvars(**{name: value for name, value in words.items() if value}):
        if not tracing.on:
            yield DeliverySpan(tracing.current())
            return
        trace = _trace_of(message.job_id, store) if message.job_id else None
        how = begin_for_job(message.job_id, trace) if message.job_id else Begin()
        carried = read_carried(trace)
        attributes: dict[str, Value] = {
            "http.request.method": "POST",
            "server.address": urlsplit(claimed.url).hostname or "",
            "messaging.message.id": message.job_id or message.batch_id or message.id,
            "packshot.webhook": message.id,
            "packshot.event": message.type,
            "packshot.attempt": claimed.tries,
            "packshot.tenant": claimed.tenant,
        }
        with tracing.begin("webhook", replace(how, kind="client", attributes=attributes)) as span:
            yield DeliverySpan(span, continued=carried is not None and carried.origin == "client")


def _trace_of(job_id: str, store: JobStore) -> str | None:
    """A message is not held up for its span: where Redis does not tell the trace, the attempt is told in another."""
    try:
        return store.trace_of(job_id)
    except redis.RedisError:
        return None
