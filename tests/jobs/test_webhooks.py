"""Endpoints and what is written for them when jobs and batches end, at the bare store."""

import time

import pytest

from jobs.problems import ProblemError
from jobs.spec.webhook import BatchWebhook
from jobs.store import JobStore
from jobs.store.delivering import Sent
from jobs.webhooks.events import EVENTS, matches
from jobs.webhooks.records import Delivery, DeliveryState, NewEndpoint
from jobs.webhooks.urls import WebhookUrl, read_webhook_url

from .conftest import BOOM, Hand, Merchant, Shop

URL = "https://shop.example/hook"
OTHER = "https://shop.example/other"
LEASE_MS = 30_000
DONE = Sent("delivered", status=200, took_ms=5)


def endpoint(store: JobStore, *events: str, url: str = URL, tenant: str = "shop") -> str:
    made, secret = store.add_endpoint(tenant, NewEndpoint(url, events or ("*",), base_url="https://api.example"))
    assert secret.startswith("whsec_")
    return made.id


def log_of(store: JobStore, endpoint_id: str, tenant: str = "shop") -> list[Delivery]:
    return list(store.deliveries(tenant, endpoint_id, limit=1000).items)


def told(store: JobStore, endpoint_id: str) -> list[tuple[str, str | None]]:
    return [(delivery.type, delivery.job_id or delivery.batch_id) for delivery in log_of(store, endpoint_id)]


def job_endpoint(store: JobStore, tenant: str = "shop") -> str:
    (found,) = [item for item in store.list_endpoints(tenant).items if item.origin == "job"]
    return found.id


def pass_lease(store: JobStore, endpoint_id: str, message_id: str) -> None:
    """As if the time of the lease had passed."""
    for name in (f"webhook-leased:{endpoint_id}", "webhook-leased-of:shop"):
        assert store.redis.zadd(f"packshot:{name}", {message_id: 1}, xx=True, ch=True) == 1
    store.redis.zadd("packshot:webhooks-due", {endpoint_id: 1})


@pytest.mark.parametrize(
    ("filters", "event", "through"),
    [
        (["job.*"], "job.failed", True),
        (["*"], "batch.finished", True),
        (["job.failed"], "job.failed", True),
        (["job.failed", "batch.*"], "job.succeeded", False),
        (["job."], "job.failed", False),
        (["*d"], "job.failed", False),
    ],
)
def test_filters_match_alike_in_python_and_in_the_record(
    shop: Shop, hand: Hand, filters: list[str], event: str, through: bool
):
    assert matches(filters, event) is through
    if event == "job.failed":
        made = endpoint(shop.store, *filters)
        shop.submit()
        claim = hand.claim()
        shop.store.fail(claim.job_id, claim.token, BOOM)
        assert bool(log_of(shop.store, made)) is through


def test_every_end_of_a_job_is_told_once(shop: Shop, hand: Hand):
    made = endpoint(shop.store, "job.*")
    ids = [shop.submit(), shop.submit(), shop.submit(deadline_s=600), shop.submit()]
    shop.store.cancel("shop", ids[3])
    claim = hand.claim()
    assert hand.finish(claim)
    assert hand.finish(claim)  # the same call again, after a lost answer
    claim = hand.claim()
    shop.store.fail(claim.job_id, claim.token, BOOM)
    hand.pass_deadline(ids[2])
    shop.store.reap()
    ends = ["job.expired", "job.failed", "job.succeeded", "job.canceled"]
    assert told(shop.store, made) == list(zip(ends, [ids[2], ids[1], ids[0], ids[3]], strict=True))
    assert {f"job.{shop.state(job_id)}" for job_id in ids} == set(ends) == set(EVENTS) - {"batch.finished"}


def test_a_retry_is_no_event(shop: Shop, hand: Hand):
    made = endpoint(shop.store)
    shop.submit()
    claim = hand.claim()
    shop.store.retry(claim.job_id, claim.token, BOOM, 0)
    assert told(shop.store, made) == []


def test_a_jobs_own_webhook_makes_one_endpoint_per_url(shop: Shop, hand: Hand):
    first = shop.submit(webhook={"url": URL, "events": ["job.succeeded"]})
    made = job_endpoint(shop.store)
    second = shop.submit(webhook={"url": URL, "events": ["job.failed"]})
    plain = shop.submit()
    for _ in range(3):
        hand.finish(hand.claim())
    assert job_endpoint(shop.store) == made
    assert told(shop.store, made) == [("job.succeeded", first)]
    assert shop.store.endpoint_secret("shop", made).startswith("whsec_")
    assert {shop.state(job_id) for job_id in (second, plain)} == {"succeeded"}


def test_a_job_that_names_the_url_of_an_endpoint_is_told_to_it_once(shop: Shop, hand: Hand):
    made = endpoint(shop.store, "job.*")
    job_id = shop.submit(webhook={"url": URL})
    hand.finish(hand.claim())
    assert told(shop.store, made) == [("job.succeeded", job_id)]
    assert [item.id for item in shop.store.list_endpoints("shop").items] == [made]


def test_of_two_endpoints_with_one_url_the_one_that_stays_is_named_by_jobs(shop: Shop):
    first, second = endpoint(shop.store), endpoint(shop.store)
    shop.store.remove_endpoint("shop", first)
    shop.submit(webhook={"url": URL})
    assert [item.id for item in shop.store.list_endpoints("shop").items] == [second]


def test_others_hear_nothing(shop: Shop, hand: Hand):
    mine, theirs = endpoint(shop.store), endpoint(shop.store, tenant="rival")
    shop.submit()
    hand.finish(hand.claim())
    assert len(log_of(shop.store, mine)) == 1
    assert log_of(shop.store, theirs, "rival") == []
    for call in (
        lambda: shop.store.get_endpoint("rival", mine),
        lambda: shop.store.endpoint_secret("rival", mine),
        lambda: shop.store.change_endpoint("rival", mine, {"enabled": False}),
        lambda: shop.store.remove_endpoint("rival", mine),
        lambda: shop.store.rotate_secret("rival", mine, 60),
        lambda: shop.store.test_endpoint("rival", mine),
        lambda: shop.store.deliveries("rival", mine),
        lambda: shop.store.redeliver("rival", theirs, log_of(shop.store, mine)[0].id),
    ):
        with pytest.raises(ProblemError, match="not-found"):
            call()
    assert len(shop.store.list_endpoints("shop").items) == 1


def test_a_disabled_endpoint_hears_nothing_until_it_is_enabled(shop: Shop, hand: Hand):
    made = endpoint(shop.store)
    shop.store.change_endpoint("shop", made, {"enabled": False})
    shop.submit(), shop.submit()
    hand.finish(hand.claim())
    assert log_of(shop.store, made) == []
    with pytest.raises(ProblemError, match="switched off by its owner"):
        shop.store.test_endpoint("shop", made)
    assert shop.store.change_endpoint("shop", made, {"enabled": True}).disabled_reason is None
    hand.finish(hand.claim())
    assert len(log_of(shop.store, made)) == 1


def test_there_is_an_end_to_endpoints(shop: Shop):
    for number in range(50):
        endpoint(shop.store, url=f"{URL}/{number}")
    for attempt in (
        lambda: endpoint(shop.store, url=OTHER),
        lambda: shop.submit(webhook={"url": OTHER}),
    ):
        with pytest.raises(ProblemError, match="50 webhook endpoints of yours are kept"):
            attempt()
    assert shop.store.list("shop").items == ()
    shop.submit(webhook={"url": f"{URL}/7"})
    endpoint(shop.store, tenant="rival")
    first = shop.store.list_endpoints("shop", limit=30)
    rest = shop.store.list_endpoints("shop", limit=30, cursor=first.cursor)
    assert [item.url for item in (*first.items, *rest.items)] == [f"{URL}/{number}" for number in range(49, -1, -1)]


def test_a_batch_is_told_of_with_its_jobs(merchant: Merchant, hand: Hand):
    listener = endpoint(merchant.store, "batch.*")
    batch_id = merchant.send(merchant.item(1), merchant.item(2), webhook=BatchWebhook(url=OTHER))
    made = job_endpoint(merchant.store)
    jobs = [hand.claim(), hand.claim()]
    hand.finish(jobs[0])
    merchant.store.fail(jobs[1].job_id, jobs[1].token, BOOM)
    assert told(merchant.store, listener) == [("batch.finished", batch_id)]
    ends = [("job.succeeded", jobs[0].job_id), ("job.failed", jobs[1].job_id), ("batch.finished", batch_id)]
    assert sorted(told(merchant.store, made)) == sorted(ends)
    claimed = merchant.store.claim_delivery(LEASE_MS)
    assert claimed is not None
    merchant.store.retry_batch("shop", batch_id)
    hand.finish(hand.claim())
    assert [kind for kind, _ in told(merchant.store, listener)] == ["batch.finished"] * 2
    assert len({delivery.id for delivery in log_of(merchant.store, listener)}) == 2


def test_a_batch_that_finds_its_work_done_is_told_so(merchant: Merchant, hand: Hand):
    merchant.send(merchant.item(1))
    claim = hand.claim()
    hand.finish(claim)
    merchant.send(merchant.item(1), webhook=BatchWebhook(url=OTHER))
    kinds = told(merchant.store, job_endpoint(merchant.store))
    assert sorted(kind for kind, _ in kinds) == ["batch.finished", "job.succeeded"]
    assert ("job.succeeded", claim.job_id) in kinds


def test_a_canceled_batch_is_told_of(merchant: Merchant):
    made = endpoint(merchant.store, "batch.finished")
    batch_id = merchant.send_many(3)
    merchant.store.cancel_batch("shop", batch_id)
    claimed = merchant.store.claim_delivery(LEASE_MS)
    assert claimed is not None
    assert claimed.about["state"] == "canceled"
    assert claimed.about["canceled"] == "3"
    assert told(merchant.store, made) == [("batch.finished", batch_id)]


def test_a_message_is_sent_by_one_at_a_time(shop: Shop, hand: Hand):
    made = endpoint(shop.store)
    job_id = shop.submit()
    hand.finish(hand.claim())
    claimed = shop.store.claim_delivery(LEASE_MS)
    assert claimed is not None
    assert (claimed.message.job_id, claimed.tries, claimed.url) == (job_id, 1, URL)
    assert claimed.base_url == "https://api.example"
    assert "whsec_" not in repr(claimed)
    assert shop.store.claim_delivery(LEASE_MS) is None
    assert shop.store.end_delivery(claimed, DONE)
    assert not shop.store.end_delivery(claimed, DONE)  # the same call again, after a lost answer
    (delivery,) = log_of(shop.store, made)
    assert (delivery.state, delivery.attempts[0].status, len(delivery.attempts)) == ("delivered", 200, 1)
    assert shop.store.claim_delivery(LEASE_MS) is None


def test_what_a_lost_worker_was_sending_is_taken_over_under_the_same_id(shop: Shop, hand: Hand):
    made = endpoint(shop.store)
    shop.submit()
    hand.finish(hand.claim())
    lost = shop.store.claim_delivery(LEASE_MS)
    assert lost is not None
    pass_lease(shop.store, made, lost.message.id)
    again = shop.store.claim_delivery(LEASE_MS)
    assert again is not None
    assert (again.message.id, again.tries) == (lost.message.id, 2)
    assert not shop.store.end_delivery(lost, DONE)
    assert shop.store.end_delivery(again, DONE)
    (delivery,) = log_of(shop.store, made)
    assert [tried.error for tried in delivery.attempts] == ["the worker that sent it was lost", None]


def test_a_failed_attempt_waits_for_its_time(shop: Shop, hand: Hand):
    made = endpoint(shop.store)
    shop.submit()
    hand.finish(hand.claim())
    claimed = shop.store.claim_delivery(LEASE_MS)
    assert claimed is not None
    shop.store.end_delivery(claimed, Sent("again", 500, 5, "the receiver answered 500", delay_ms=40))
    (delivery,) = log_of(shop.store, made)
    assert delivery.state is DeliveryState.PENDING
    assert delivery.next_ms is not None
    assert shop.store.claim_delivery(LEASE_MS) is None
    time.sleep(0.05)
    again = shop.store.claim_delivery(LEASE_MS)
    assert again is not None
    shop.store.end_delivery(again, Sent("released"))
    third = shop.store.claim_delivery(LEASE_MS)
    assert third is not None
    assert third.tries == 2
    shop.store.end_delivery(third, Sent("failed", 500, 5, "the receiver answered 500"))
    assert [item.state for item in shop.store.deliveries("shop", made, state=DeliveryState.FAILED).items] == ["failed"]


def test_an_answer_of_410_disables_the_endpoint_and_cancels_what_waits(shop: Shop, hand: Hand):
    made = endpoint(shop.store)
    for _ in range(3):
        shop.submit()
        hand.finish(hand.claim())
    claimed = shop.store.claim_delivery(LEASE_MS)
    assert claimed is not None
    shop.store.end_delivery(claimed, Sent("gone", 410, 5, "the receiver answered 410"))
    assert shop.store.claim_delivery(LEASE_MS) is None
    found = shop.store.get_endpoint("shop", made)
    assert (found.enabled, found.disabled_reason) == (False, "the receiver answered 410 Gone")
    assert sorted(delivery.state for delivery in log_of(shop.store, made)) == ["canceled", "canceled", "failed"]


def test_an_endpoint_that_failed_for_days_is_disabled(shop: Shop, hand: Hand):
    made = endpoint(shop.store)
    shop.submit()
    hand.finish(hand.claim())
    name = f"packshot:webhook:{made}"
    for number in range(12):
        claimed = shop.store.claim_delivery(LEASE_MS)
        assert claimed is not None
        if number == 11:
            shop.store.redis.hset(name, "failing_since_ms", claimed.now_ms - 6 * 86_400_000)
        shop.store.end_delivery(claimed, Sent("again", 500, 5, "the receiver answered 500"))
        assert shop.store.get_endpoint("shop", made).enabled is (number < 11)
    reason = shop.store.get_endpoint("shop", made).disabled_reason
    assert reason == "nothing could be delivered for 6 days; the last attempt: the receiver answered 500"


def test_one_success_forgets_past_failures(shop: Shop, hand: Hand):
    made = endpoint(shop.store)
    for outcome in (Sent("again", 500, 5, "x"), DONE):
        shop.submit()
        hand.finish(hand.claim())
        claimed = shop.store.claim_delivery(LEASE_MS)
        assert claimed is not None
        shop.store.end_delivery(claimed, outcome)
    assert not shop.store.redis.hexists(f"packshot:webhook:{made}", "failing_since_ms")


def test_an_endpoint_and_a_tenant_hold_a_few_messages_at_once(shop: Shop, hand: Hand):
    made = [endpoint(shop.store, url=f"{URL}/{number}") for number in range(3)]
    theirs = endpoint(shop.store, tenant="rival")
    for _ in range(5):
        shop.submit()
        hand.finish(hand.claim())
    shop.submit("rival")
    hand.finish(hand.claim())
    claims = []
    while claimed := shop.store.claim_delivery(LEASE_MS):
        claims.append(claimed)
    assert [claimed.tenant for claimed in claims].count("rival") == 1
    mine = [claimed for claimed in claims if claimed.tenant == "shop"]
    assert len(mine) == 6
    assert len({claimed.url for claimed in mine}) == 3  # they take turns
    for claimed in claims:
        shop.store.end_delivery(claimed, DONE)
    assert shop.store.claim_delivery(LEASE_MS) is not None
    assert len(log_of(shop.store, theirs, "rival")) == 1
    assert all(len(log_of(shop.store, endpoint_id)) == 5 for endpoint_id in made)


def test_an_endpoint_that_fails_is_tried_with_one_message_at_a_time(shop: Shop, hand: Hand):
    endpoint(shop.store)
    for _ in range(3):
        shop.submit()
        hand.finish(hand.claim())
    first = shop.store.claim_delivery(LEASE_MS)
    assert first is not None
    shop.store.end_delivery(first, Sent("again", 500, 5, "x", delay_ms=60_000))
    second = shop.store.claim_delivery(LEASE_MS)
    assert second is not None
    assert shop.store.claim_delivery(LEASE_MS) is None
    shop.store.end_delivery(second, DONE)
    assert shop.store.claim_delivery(LEASE_MS) is not None


def test_a_redelivery_carries_the_same_id(shop: Shop, hand: Hand):
    made = endpoint(shop.store)
    shop.submit()
    hand.finish(hand.claim())
    first = shop.store.claim_delivery(LEASE_MS)
    assert first is not None
    shop.store.redeliver("shop", made, first.message.id)  # it is being sent: nothing to do
    shop.store.end_delivery(first, DONE)
    shop.store.redeliver("shop", made, first.message.id)
    again = shop.store.claim_delivery(LEASE_MS)
    assert again is not None
    assert (again.message.id, again.tries, len(again.message.attempts)) == (first.message.id, 1, 1)
    shop.store.end_delivery(again, DONE)
    assert len(log_of(shop.store, made)) == 1
    with pytest.raises(ProblemError, match="not-found"):
        shop.store.redeliver("shop", made, "msg_none")


def test_both_secrets_sign_while_a_rotation_overlaps(shop: Shop):
    made = endpoint(shop.store)
    before = shop.store.endpoint_secret("shop", made)
    after, until_ms = shop.store.rotate_secret("shop", made, 60)
    assert until_ms > time.time() * 1000
    shop.store.test_endpoint("shop", made)
    claimed = shop.store.claim_delivery(LEASE_MS)
    assert claimed is not None
    assert claimed.secrets == (after, before)
    shop.store.end_delivery(claimed, DONE)
    last, _ = shop.store.rotate_secret("shop", made, 0)
    shop.store.test_endpoint("shop", made)
    claimed = shop.store.claim_delivery(LEASE_MS)
    assert claimed is not None
    assert claimed.secrets == (last,)


def test_the_log_keeps_a_thousand_that_ended_and_all_that_wait(shop: Shop):
    made = endpoint(shop.store)
    for number in range(1005):
        message_id = shop.store.test_endpoint("shop", made)
        if number < 1002:
            claimed = shop.store.claim_delivery(LEASE_MS)
            assert claimed is not None
            assert claimed.message.id == message_id
            shop.store.end_delivery(claimed, DONE)
    states = [delivery.state for delivery in log_of(shop.store, made)]
    page = shop.store.deliveries("shop", made, limit=1000)
    assert page.cursor is not None
    states += [delivery.state for delivery in shop.store.deliveries("shop", made, cursor=page.cursor).items]
    assert (states.count(DeliveryState.DELIVERED), states.count(DeliveryState.PENDING)) == (1000, 3)
    assert len(shop.store.redis.keys("packshot:delivery:*")) == 1003


def test_an_endpoint_leaves_nothing_but_what_goes_with_its_time(shop: Shop, hand: Hand):
    made = endpoint(shop.store)
    shop.submit(), shop.submit()
    hand.finish(hand.claim()), hand.finish(hand.claim())
    claimed = shop.store.claim_delivery(LEASE_MS)
    assert claimed is not None
    shop.store.remove_endpoint("shop", made)
    assert not shop.store.end_delivery(claimed, DONE)
    assert shop.store.claim_delivery(LEASE_MS) is None
    left = [name for name in shop.store.redis.keys("*") if "webhook" in name or "deliver" in name]
    assert all(name.startswith("packshot:delivery:msg_") for name in left)
    assert all(0 < shop.store.redis.pttl(name) <= 7 * 86_400_000 for name in left)
    with pytest.raises(ProblemError, match="not-found"):
        shop.store.remove_endpoint("shop", made)


def test_a_changed_endpoint_listens_anew(shop: Shop, hand: Hand):
    made = endpoint(shop.store, "job.failed")
    changed = shop.store.change_endpoint("shop", made, {"url": OTHER, "events": ["job.succeeded"], "description": "x"})
    assert (changed.url, changed.events, changed.description) == (OTHER, ("job.succeeded",), "x")
    shop.submit(webhook={"url": OTHER})
    hand.finish(hand.claim())
    assert len(log_of(shop.store, made)) == 1
    assert len(shop.store.list_endpoints("shop").items) == 1
    shop.submit(webhook={"url": URL})
    with pytest.raises(ProblemError, match="jobs name the events of this endpoint"):
        shop.store.change_endpoint("shop", job_endpoint(shop.store), {"events": ["*"]})


def test_an_erased_job_is_still_told_of(shop: Shop, hand: Hand):
    endpoint(shop.store)
    job_id = shop.submit(external_id="SKU-1")
    hand.finish(hand.claim())
    shop.store.delete("shop", job_id)
    claimed = shop.store.claim_delivery(LEASE_MS)
    assert claimed is not None
    assert (claimed.about["state"], claimed.about["external_id"]) == ("succeeded", "SKU-1")


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/hook",
        "https://shop.example:8443/hook",
        "https://me:pass@shop.example/hook",
        "https://10.0.0.1/hook",
        "https://localhost/hook",
        "https://shop.example/hook#part",
        "ftp://shop.example/",
        "shop.example",
    ],
)
def test_urls_that_no_stranger_may_be_reached_by_are_refused(shop: Shop, url: str):
    for attempt in (
        lambda: endpoint(shop.store, url=url),
        lambda: shop.submit(webhook={"url": url}),
    ):
        with pytest.raises(ProblemError) as caught:
            attempt()
        assert caught.value.problem.type == "webhook-url-forbidden"
        assert caught.value.problem.extra["errors"][0]["pointer"] in {"/url", "/webhook/url"}
    assert shop.store.list_endpoints("shop").items == ()


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("http://127.0.0.1:5000/hook?a=b", WebhookUrl("127.0.0.1", "/hook?a=b", 5000, tls=False)),
        ("http://shop", WebhookUrl("shop", "/", 80, tls=False)),
        ("https://[::1]:8443", WebhookUrl("::1", "/", 8443)),
        ("https://shop.example?x", WebhookUrl("shop.example", "/?x")),
    ],
)
def test_in_development_http_and_private_addresses_pass(url: str, read: WebhookUrl):
    assert read_webhook_url(url, private=True) == read


@pytest.mark.parametrize(
    "url", ["http://me@shop/", "http://shop:0/", "http://shop:70000/", "file:///etc/passwd", "http:/x"]
)
def test_in_development_a_url_is_still_one(url: str):
    with pytest.raises(ProblemError, match="webhook-url-forbidden"):
        read_webhook_url(url, private=True)
