"""Webhooks over real sockets: every end is told, whatever the receiver does, and under one id."""

import json
import logging
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from standardwebhooks.webhooks import WebhookVerificationError

from api.documents.messages import BatchMessage, JobMessage, TestMessage
from jobs.batches.records import NewBatch, NewItem
from jobs.links import LinkSigner
from jobs.problems import make_problem
from jobs.records import OutputRecord
from jobs.spec import validate_spec
from jobs.spec.webhook import BatchWebhook
from jobs.webhooks.records import DeliveryState, NewEndpoint
from tests.waiting import PATIENCE_S
from tests.worker.conftest import TENANT, png
from worker.exchanges import Network
from worker.webhooks import sending
from worker.webhooks.dispatch import Dispatch

from .sink import Sink

BASE = "https://api.shop.example"
LEASE_MARGIN_S = 20.0
HASTY_S = 1.0
"""For receivers that are too slow; whoever answers at all has longer, as the machine may be slow itself."""


@pytest.fixture
def sink():
    sink = Sink()
    yield sink
    sink.close()


@pytest.fixture
def settings(settings):
    return settings.model_copy(
        update={
            "webhooks_private": True,
            "webhooks_timeout_s": 60,
            "webhooks_retries_s": (0.02, 0.02, 0.02),
            "webhooks_at_once": 8,
        }
    )


@pytest.fixture
def start(store, settings):
    """Start as many dispatches as a test likes, each as a worker's own."""
    started = []

    def start(**changes):
        changed = settings.model_copy(update=changes)
        started.append(Dispatch(store, changed, Network(), lease_margin_s=LEASE_MARGIN_S))
        started[-1].start()
        return started[-1]

    yield start
    for dispatch in started:
        dispatch.stop()


def endpoint(store, url, *events, tenant=TENANT):
    made, secret = store.add_endpoint(tenant, NewEndpoint(url, events or ("*",), base_url=BASE))
    return made.id, secret


def end_job(store, client, how="succeeded", **spec):
    job_id = client.submit(**spec)
    claim = store.claim("hand")
    assert claim.job_id == job_id
    if how == "succeeded":
        outputs = [OutputRecord(0, "results/x", "png", 64, 48, 999, "ab" * 32, needs_review=True)]
        assert store.finish(job_id, claim.token, outputs=outputs, manifest={})
    else:
        assert store.fail(job_id, claim.token, make_problem("image-corrupt", "the photo is damaged", line=3))
    return job_id


def end_lease(store, endpoint_id):
    """As if so much time had passed for the one message that is under way."""
    (delivery,) = log_of(store, endpoint_id)
    for leased in (f"packshot:webhook-leased:{endpoint_id}", f"packshot:webhook-leased-of:{TENANT}"):
        assert store.redis.zadd(leased, {delivery.id: 1}, xx=True, ch=True) == 1
    store.redis.zadd("packshot:webhooks-due", {endpoint_id: 1}, xx=True)


def log_of(store, endpoint_id):
    return store.deliveries(TENANT, endpoint_id).items


def ended(store, endpoint_id):
    """The one message of the endpoint, once it is no longer pending."""
    until = time.monotonic() + PATIENCE_S
    while True:
        (delivery,) = log_of(store, endpoint_id)
        if delivery.state is not DeliveryState.PENDING:
            return delivery
        assert time.monotonic() < until, delivery
        time.sleep(0.01)


def test_a_finished_job_is_told_with_links_that_open(store, client, sink, start):
    made, secret = endpoint(store, f"{sink.url}/hook?token=x")
    job_id = end_job(store, client, external_id="SKU-1", metadata={"shelf": "3"})
    start()
    (request,) = sink.wait_for(1)
    payload = request.verified(secret)
    JobMessage.model_validate(payload)  # as described to clients
    assert request.path == "/hook?token=x"
    assert request.headers["content-type"] == "application/json"
    assert payload["type"] == "job.succeeded"
    data = payload["data"]
    assert (data["id"], data["state"], data["external_id"]) == (job_id, "succeeded", "SKU-1")
    assert (data["metadata"], data["needs_review"], data["problem"]) == ({"shelf": "3"}, True, None)
    assert data["urls"] == {"self": f"{BASE}/v1/jobs/{job_id}"}
    path, _, query = data["outputs"][0]["url"].removeprefix(BASE).partition("?")
    parameters = dict(part.split("=") for part in query.split("&"))
    assert LinkSigner(store.redis, 900).tenant_of(path, parameters) == TENANT
    delivery = ended(store, made)
    assert (delivery.state, [tried.status for tried in delivery.attempts]) == ("delivered", [204])
    with pytest.raises(WebhookVerificationError):
        request.verified("whsec_" + 43 * "A" + "=")


def test_a_failed_job_tells_its_problem(store, client, sink, start):
    endpoint(store, sink.url)
    end_job(store, client, "failed")
    start()
    (request,) = sink.wait_for(1)
    payload = json.loads(request.body)
    JobMessage.model_validate(payload)
    assert payload["type"] == "job.failed"
    assert payload["data"]["outputs"] == []
    problem = payload["data"]["problem"]
    assert (problem["type"], problem["detail"], problem["line"]) == (
        "/problems/image-corrupt",
        "the photo is damaged",
        3,
    )


def test_an_erased_job_is_told_without_anything_of_it(store, client, sink, start):
    endpoint(store, sink.url)
    job_id = end_job(store, client, external_id="SKU-1", metadata={"a": "b"})
    store.delete(TENANT, job_id)
    start()
    (request,) = sink.wait_for(1)
    data = json.loads(request.body)["data"]
    assert (data["id"], data["external_id"], data["state"]) == (job_id, None, "succeeded")
    assert (data["outputs"], data["metadata"]) == ([], {})


BAD = [
    (500, 500, "the receiver answered 500"),
    ((302, {"Location": "/elsewhere"}), 302, "the receiver answered 302; redirects are not followed"),
    ((404, {}), 404, "the receiver answered 404"),
    ("hang", None, "127.0.0.1 took longer than the 1 s allowed"),
    ("drip", None, "127.0.0.1 took longer than the 1 s allowed"),
    ("leave", None, "127.0.0.1 closed the connection before it had answered"),
    ("reset", None, "127.0.0.1 closed the connection before it had answered"),
]


@pytest.mark.parametrize(("answer", "status", "error"), BAD, ids=lambda value: str(value)[:20])
def test_what_is_no_2xx_is_tried_again_under_the_same_id(store, client, sink, start, answer, status, error):
    sink.answers["/"] = [getattr(sink, answer) if isinstance(answer, str) else answer, 200]
    made, secret = endpoint(store, sink.url)
    end_job(store, client)
    start(webhooks_timeout_s=HASTY_S if answer in ("hang", "drip") else PATIENCE_S)
    requests = sink.wait_for(2)
    delivery = ended(store, made)
    assert delivery.state == "delivered"
    assert {request.id for request in requests} == {delivery.id}
    assert [request.path for request in requests] == ["/", "/"]
    first, *_, last = delivery.attempts
    assert (first.status, last.status, last.error) == (status, 200, None)
    assert error in first.error
    assert all(request.verified(secret)["data"]["id"] == delivery.job_id for request in requests)


@pytest.mark.parametrize("answer", ["flood", "chatter"])
def test_an_answer_that_never_ends_is_still_a_delivery(store, client, sink, start, monkeypatch, answer):
    monkeypatch.setattr(sending, "_READ_S", 0.1)
    sink.answers["/"] = [getattr(sink, answer)]
    made, _ = endpoint(store, sink.url)
    end_job(store, client)
    start()
    delivery = ended(store, made)
    assert [(tried.status, tried.error) for tried in delivery.attempts] == [(200, None)]


def test_after_the_last_retry_a_message_is_given_up_and_can_be_sent_again(store, client, sink, start):
    sink.answers["/"] = [500]
    made, _ = endpoint(store, sink.url)
    end_job(store, client)
    start()
    delivery = ended(store, made)
    assert (delivery.state, len(delivery.attempts)) == ("failed", 4)
    sink.answers["/"] = [200]
    store.redeliver(TENANT, made, delivery.id)
    requests = sink.wait_for(5)
    assert ended(store, made).state == "delivered"
    assert {request.id for request in requests} == {delivery.id}


def test_410_disables_the_endpoint(store, client, sink, start):
    sink.answers["/"] = [410]
    made, _ = endpoint(store, sink.url)
    end_job(store, client)
    start()
    assert ended(store, made).state == "failed"
    found = store.get_endpoint(TENANT, made)
    assert (found.enabled, found.disabled_reason) == (False, "the receiver answered 410 Gone")
    end_job(store, client)
    assert len(log_of(store, made)) == 1


def test_a_slow_endpoint_holds_up_no_other(store, client, sink, start):
    sink.answers["/slow"] = [sink.hang]
    slow, _ = endpoint(store, f"{sink.url}/slow")
    for _ in range(6):
        end_job(store, client)
    quick, _ = endpoint(store, f"{sink.url}/quick")
    start()
    sink.wait_for(1, "/slow")
    job_id = end_job(store, client)
    (request,) = sink.wait_for(1, "/quick")
    assert json.loads(request.body)["data"]["id"] == job_id
    assert len(sink.wait_for(3, "/slow")) == 3  # no more at once
    assert ended(store, quick).state == "delivered"
    assert {delivery.state for delivery in log_of(store, slow)} == {"pending"}


def test_a_failing_receiver_leaves_jobs_alone(store, client, sink, start):
    sink.answers["/"] = [sink.reset]
    start()
    job_id = end_job(store, client, webhook={"url": sink.url})
    sink.wait_for(1)
    assert client.view(job_id).state == "succeeded"
    assert client.view(job_id).attempt == 1


def test_two_workers_send_each_message_once(store, client, sink, start):
    made, _ = endpoint(store, sink.url)
    jobs = {end_job(store, client) for _ in range(30)}
    start(), start()
    requests = sink.wait_for(30)
    until = time.monotonic() + PATIENCE_S
    while any(delivery.state != "delivered" for delivery in log_of(store, made)):
        assert time.monotonic() < until
        time.sleep(0.01)
    assert len(sink.received) == 30
    assert len({request.id for request in requests}) == 30
    assert {json.loads(request.body)["data"]["id"] for request in requests} == jobs


def test_a_rotation_signs_with_both_secrets_and_then_with_the_new_one(store, sink, start):
    made, before = endpoint(store, sink.url)
    after, _ = store.rotate_secret(TENANT, made, 60)
    store.test_endpoint(TENANT, made)
    start()
    (both,) = sink.wait_for(1)
    assert both.verified(before) == both.verified(after)
    TestMessage.model_validate(both.verified(after))
    last, _ = store.rotate_secret(TENANT, made, 0)
    store.test_endpoint(TENANT, made)
    alone = sink.wait_for(2)[1]
    assert alone.verified(last)
    with pytest.raises(WebhookVerificationError):
        alone.verified(after)


def test_a_batch_is_told_with_its_counts(store, client, sink, start):
    upload = client.upload(png())
    specs = [
        validate_spec({"input": {"upload": upload}, "operations": [{"op": "rotate", "angle": angle}]})
        for angle in (90, 180)
    ]
    webhook = BatchWebhook(url=f"{sink.url}/batch", events=("batch.finished",))
    new = NewBatch(tuple(NewItem(None, spec) for spec in specs), "Autumn", webhook=webhook, base_url=BASE)
    batch_id = store.create_batch(TENANT, new).batch_id
    start()
    for good in (True, False):
        claim = store.claim("hand")
        if good:
            store.finish(claim.job_id, claim.token, outputs=[], manifest={})
        else:
            store.fail(claim.job_id, claim.token, make_problem("image-corrupt", "damaged"))
    (request,) = sink.wait_for(1)
    payload = json.loads(request.body)
    BatchMessage.model_validate(payload)
    assert payload["type"] == "batch.finished"
    data = payload["data"]
    assert (data["id"], data["name"], data["state"]) == (batch_id, "Autumn", "finished")
    assert data["counts"] == {"total": 2, "succeeded": 1, "failed": 1, "canceled": 0}
    assert data["urls"]["self"] == f"{BASE}/v1/batches/{batch_id}"


def test_a_worker_that_leaves_gives_its_message_back(store, client, sink, start):
    sink.answers["/"] = [sink.hang, 200]
    made, _ = endpoint(store, sink.url)
    end_job(store, client)
    leaving = start()
    sink.wait_for(1)
    leaving.stop()
    (delivery,) = log_of(store, made)
    assert (delivery.state, delivery.attempts) == ("pending", ())
    leaving.stop = lambda: None
    start()
    sink.wait_for(2)
    assert len(ended(store, made).attempts) == 1


SENDER = """
import sys
from jobs.connection import connect
from jobs.settings import read_settings
from jobs.store import JobStore
from worker.exchanges import Network
from worker.settings import WorkerSettings
from worker.webhooks.dispatch import Dispatch
settings = read_settings(WorkerSettings, redis_url=sys.argv[1], webhooks_private=True)
Dispatch(JobStore(connect(settings.redis_url), settings), settings, Network()).start()
sys.stdin.read()
"""


def test_a_killed_workers_message_is_taken_over_under_the_same_id(store, client, sink, start, settings):
    sink.answers["/"] = [sink.hang, 200]
    made, _ = endpoint(store, sink.url)
    job_id = end_job(store, client)
    worker = subprocess.Popen([sys.executable, "-c", SENDER, settings.redis_url], stdin=subprocess.PIPE)
    try:
        sink.wait_for(1)
    finally:
        worker.kill()
        worker.communicate()
    end_lease(store, made)
    start()
    first, second = sink.wait_for(2)
    assert first.id == second.id
    delivery = ended(store, made)
    assert (delivery.state, delivery.job_id) == ("delivered", job_id)
    assert delivery.attempts[0].error == "the worker that sent it was lost"


def test_an_end_is_told_to_the_record_again_where_redis_did_not_answer(store, client, sink, start, monkeypatch):
    made, _ = endpoint(store, sink.url)
    end_job(store, client)
    told, end_delivery = [], store.end_delivery

    def end_late(claimed, sent):
        told.append(claimed.message.id)
        if len(told) < 3:
            raise redis.ConnectionError("Redis is away")
        return end_delivery(claimed, sent)

    monkeypatch.setattr(store, "end_delivery", end_late)
    start()
    assert len(ended(store, made).attempts) == 1
    assert len(told) == 3
    assert len(sink.received) == 1


def test_secrets_and_urls_stay_out_of_the_log(store, client, sink, start, caplog):
    caplog.set_level(logging.DEBUG)
    sink.answers["/hook?token=s3cret"] = [500]
    made, secret = endpoint(store, f"{sink.url}/hook?token=s3cret")
    end_job(store, client)
    start()
    ended(store, made)
    assert "the receiver answered 500" in caplog.text
    assert secret.removeprefix("whsec_") not in caplog.text
    assert "s3cret" not in caplog.text


def test_messages_are_sent_after_no_thread_could_be_had(store, client, sink, start, monkeypatch):
    made, _ = endpoint(store, sink.url)
    end_job(store, client)
    refused = threading.Event()

    def refuse(*_):
        refused.set()
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("worker.webhooks.dispatch._AFTER_FAULT_S", 0.05)
    with monkeypatch.context() as patch:
        patch.setattr(ThreadPoolExecutor, "submit", refuse)
        start()
        assert refused.wait(PATIENCE_S)
    end_lease(store, made)
    assert ended(store, made).state is DeliveryState.DELIVERED
