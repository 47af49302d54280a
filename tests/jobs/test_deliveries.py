"""Messages that are sent, taken over, tried again, given up: the record's side."""

import time

import pytest

from jobs.problems import ProblemError
from jobs.store import JobStore
from jobs.store.delivering import Sent
from jobs.webhooks.records import ClaimedDelivery, DeliveryState

from .conftest import Hand, Shop
from .endpoints import DONE, LEASE_MS, URL, come_due, endpoint, log_of, pass_lease


def take(store: JobStore) -> ClaimedDelivery:
    found = store.claim_delivery(LEASE_MS)
    assert found is not None
    return found


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
    shop.store.end_delivery(claimed, Sent("again", 500, 5, "the receiver answered 500", delay_ms=60_000))
    (delivery,) = log_of(shop.store, made)
    assert delivery.state is DeliveryState.PENDING
    assert delivery.next_ms is not None
    assert shop.store.claim_delivery(LEASE_MS) is None
    come_due(shop.store, made, claimed.message.id)
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
    made, redis = endpoint(shop.store), shop.store.redis
    first = shop.store.test_endpoint("shop", made)
    shop.store.end_delivery(take(shop.store), DONE)
    record = redis.hgetall(f"packshot:delivery:{first}")
    with redis.pipeline() as pipeline:  # as if 998 more had been sent since
        for number in range(1, 999):
            sequence, name = int(record["sequence"]) + number, f"msg_{number}"
            pipeline.hset(f"packshot:delivery:{name}", mapping=record | {"id": name, "sequence": str(sequence)})
            for log in ("deliveries", "ended"):
                pipeline.zadd(f"packshot:{log}:{made}", {name: sequence})
        pipeline.set("packshot:sequence", int(record["sequence"]) + 998)
        pipeline.execute()
    for number in range(6):
        shop.store.test_endpoint("shop", made)
        if number < 3:
            shop.store.end_delivery(take(shop.store), DONE)
    states = [delivery.state for delivery in log_of(shop.store, made)]
    page = shop.store.deliveries("shop", made, limit=1000)
    assert page.cursor is not None
    states += [delivery.state for delivery in shop.store.deliveries("shop", made, cursor=page.cursor).items]
    assert (states.count(DeliveryState.DELIVERED), states.count(DeliveryState.PENDING)) == (1000, 3)
    assert len(shop.store.redis.keys("packshot:delivery:*")) == 1003
