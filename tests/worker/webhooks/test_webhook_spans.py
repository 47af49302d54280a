"""What is told of an attempt at a message, and what it must not cost."""

from collections.abc import Iterator

import pytest
import redis

from jobs.settings import JobsSettings
from jobs.store import JobStore
from jobs.tracing import open_tracing
from jobs.webhooks.records import ClaimedDelivery, Delivery, DeliveryState
from tests.collector import Collector, collector
from worker.webhooks.spans import delivery_at

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


class Told:
    """A store that knows the trace of one job, or is away."""

    def __init__(self, trace: str | None) -> None:
        self._trace = trace

    def trace_of(self, _: str) -> str:
        if self._trace is None:
            raise redis.ConnectionError("nobody listens")
        return self._trace


@pytest.fixture
def kept() -> Iterator[Collector]:
    with collector() as listening:
        yield listening


@pytest.mark.parametrize("trace", [f"00-{TRACE}-{SPAN}-01 client", None])
def test_an_attempt_is_made_whether_or_not_redis_tells_its_trace(kept: Collector, trace: str | None) -> None:
    message = Delivery("msg_1", "job.succeeded", "job_1", None, DeliveryState.PENDING, 0, None, ())
    claimed = ClaimedDelivery(message, "token", "shop", "https://shop.example/hook?s=1", "", 1, 0, {}, ())
    tracing = open_tracing(JobsSettings(redis_url="redis://nowhere", traces_endpoint=kept.url), "packshot-worker")
    attempts = []
    store: JobStore = Told(trace)  # type: ignore[assignment]
    with delivery_at(claimed, store, tracing) as span:
        attempts.append(span.continued)
    tracing.close()
    assert attempts == [trace is not None]
    assert (kept.one("webhook").trace == TRACE) == (trace is not None)
