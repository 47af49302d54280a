"""Who is told when jobs and batches end, at the bare store."""

import pytest

from jobs.problems import ProblemError
from jobs.spec.webhook import BatchWebhook
from jobs.webhooks.events import EVENTS, matches

from .conftest import BOOM, Hand, Merchant, Shop
from .endpoints import DONE, LEASE_MS, OTHER, URL, endpoint, job_endpoint, log_of, told


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


def test_a_canceled_batch_tells_of_the_jobs_that_it_stops(merchant: Merchant, hand: Hand):
    batch_id = merchant.send(merchant.item(1), merchant.item(2), webhook=BatchWebhook(url=OTHER))
    running = hand.claim()
    merchant.store.cancel_batch("shop", batch_id)
    merchant.store.cancel_running(running.job_id, running.token)
    ends = told(merchant.store, job_endpoint(merchant.store))
    assert sorted(kind for kind, _ in ends) == ["batch.finished", "job.canceled", "job.canceled"]
    assert ("job.canceled", running.job_id) in ends


def test_an_endpoint_leaves_nothing_behind(shop: Shop, hand: Hand, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("jobs.store.webhooks._REMOVED_AT_ONCE", 2)  # so that it goes in three pieces
    made = endpoint(shop.store)
    for _ in range(5):
        shop.submit()
        hand.finish(hand.claim())
    claimed = shop.store.claim_delivery(LEASE_MS)
    assert claimed is not None
    shop.store.remove_endpoint("shop", made)
    assert not shop.store.end_delivery(claimed, DONE)
    assert shop.store.claim_delivery(LEASE_MS) is None
    left = [name for name in shop.store.redis.keys("*") if "webhook" in name or "deliver" in name]
    assert left == []
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
    assert (claimed.about["state"], claimed.about.get("external_id")) == ("succeeded", None)
