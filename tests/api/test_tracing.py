"""The spans of requests, and what the log and the record are told of them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
import structlog

from api.settings import ApiSettings
from jobs.tracing import read_carried
from tests.api.conftest import Shop
from tests.collector import Collector, collector

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = {"traceparent": f"00-{TRACE}-{SPAN}-01"}


@pytest.fixture
def kept() -> Iterator[Collector]:
    with collector() as listening:
        yield listening


@pytest.fixture
def traced(make_shop: Callable[..., Shop], settings: ApiSettings, kept: Collector) -> Shop:
    return make_shop(settings.model_copy(update={"traces_endpoint": kept.url}))


def sent(shop: Shop, kept: Collector) -> Collector:
    """All that the app has to tell."""
    shop.services.tracing.close()
    return kept


def record_of(shop: Shop, job_id: str) -> dict[str, Any]:
    return dict(shop.services.redis.hgetall(f"packshot:job:{job_id}"))


def test_a_job_without_a_client_trace_carries_one_of_ours_and_its_requests_id(
    traced: Shop, kept: Collector, jpeg: bytes
) -> None:
    job_id = traced.submit(jpeg)
    carried = read_carried(record_of(traced, job_id)["trace"])
    submitted = sent(traced, kept).one("submit job")
    assert carried is not None
    assert (carried.origin, carried.trace_id) == ("own", submitted.trace)
    assert carried.traceparent.split("-")[2] == submitted.id
    assert record_of(traced, job_id)["request"] == kept.one("POST /v1/jobs").attributes["packshot.request_id"]
    assert submitted.attributes["messaging.destination.name"] == "interactive"


def test_a_job_of_an_app_that_traces_nothing_carries_nothing(shop: Shop, jpeg: bytes) -> None:
    answer = shop.post("/v1/jobs", json=shop.spec(jpeg), headers=PARENT)
    assert "trace" not in record_of(shop, answer.get_json()["id"])


def test_looks_have_spans_only_where_the_clients_trace_asks_for_them(traced: Shop, kept: Collector) -> None:
    traced.get("/v1/jobs")
    traced.get("/v1/jobs", headers=PARENT)
    span = sent(traced, kept).one("GET /v1/jobs")
    assert (span.trace, span.parent) == (TRACE, SPAN)


@pytest.mark.parametrize("key", ["", "Bearer psk_0123456789abcdef." + "a" * 43])
def test_a_strangers_trace_is_not_continued(
    make_shop: Callable[..., Shop], settings: ApiSettings, kept: Collector, key: str
) -> None:
    """Nor kept for him, beyond the share, nor switched off: his request is one of ours."""
    shop = make_shop(settings.model_copy(update={"traces_endpoint": kept.url, "traces_share": 0.0}))
    for method in (shop.get, shop.post):
        assert method("/v1/jobs", headers={**PARENT, "Authorization": key}).status_code == 401
    assert sent(shop, kept).spans == []


def test_a_strangers_refusal_is_told_in_a_trace_of_ours(traced: Shop, kept: Collector) -> None:
    unsampled = {"traceparent": f"00-{TRACE}-{SPAN}-00", "Authorization": ""}
    assert traced.post("/v1/jobs", headers=unsampled).status_code == 401
    span = sent(traced, kept).one("POST /v1/jobs")
    assert (span.parent, span.attributes["packshot.problem"]) == ("", "unauthorized")
    assert span.trace != TRACE


def test_a_cancel_that_is_done_is_answered_though_its_trace_cannot_be_told(
    traced: Shop, jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: str) -> None:
        raise redis.ConnectionError("nobody listens")

    job_id = traced.submit(jpeg)
    monkeypatch.setattr(traced.services.store, "trace_of", away)
    assert traced.post(f"/v1/jobs/{job_id}/cancel").status_code == 200


def test_a_refusal_is_told_by_its_problem_and_is_no_fault_of_the_server(traced: Shop, kept: Collector) -> None:
    traced.post("/v1/jobs", json={"operations": []})
    span = sent(traced, kept).one("POST /v1/jobs")
    assert span.attributes["packshot.problem"] == "invalid-parameter"
    assert (span.attributes["http.response.status_code"], span.failed) == (422, False)


def test_a_fault_of_ours_fails_the_requests_span(
    traced: Shop, kept: Collector, jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = traced.spec(jpeg)
    monkeypatch.setattr(traced.services.store, "submit", lambda *_, **__: 1 / 0)
    assert traced.post("/v1/jobs", json=spec).status_code == 500
    sent(traced, kept)
    assert kept.one("POST /v1/jobs").failed
    assert kept.one("submit job").attributes["error.type"] == "ZeroDivisionError"


def test_a_job_canceled_in_the_queue_says_so_in_its_trace(traced: Shop, kept: Collector, jpeg: bytes) -> None:
    job_id = traced.submit(jpeg)
    traced.post(f"/v1/jobs/{job_id}/cancel")
    submitted, canceled = sent(traced, kept).one("submit job"), kept.one("cancel")
    assert (canceled.trace, canceled.parent) == (submitted.trace, submitted.id)
    assert canceled.attributes["packshot.outcome"] == "canceled"


def test_a_replay_is_marked_and_leads_to_the_job_of_before(traced: Shop, kept: Collector, jpeg: bytes) -> None:
    spec = traced.spec(jpeg)
    for _ in range(2):
        answer = traced.post("/v1/jobs", json=spec, headers={"Idempotency-Key": "once"})
    first, again = sorted(sent(traced, kept).named("submit job"), key=lambda span: span.began_ns)
    assert again.attributes["packshot.replayed"]
    assert again.attributes["messaging.message.id"] == first.attributes["messaging.message.id"]
    assert record_of(traced, answer.get_json()["id"])["trace"].split("-")[1] == first.trace


def test_lines_about_a_job_name_it_and_the_next_request_is_not_mistaken_for_it(traced: Shop, jpeg: bytes) -> None:
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        job_id = traced.submit(jpeg)
        traced.get(f"/v1/jobs/{job_id}")
        traced.get("/v1/jobs")
    told = {(line["method"], line["path"]): line for line in lines if line["event"] == "request"}
    submitted = told["POST", "/v1/jobs"]
    assert submitted["job"] == job_id
    assert len(submitted["trace_id"]) == 32
    assert told["GET", f"/v1/jobs/{job_id}"]["job"] == job_id
    assert "job" not in told["GET", "/v1/jobs"]
