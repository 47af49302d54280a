"""How much of a tenant's messages is kept, and how much of it one listing looks through."""

import pytest

from jobs.store import JobStore
from jobs.store.delivering import Sent
from jobs.webhooks.records import ClaimedDelivery, DeliveryState

from .conftest import Hand, Shop
from .endpoints import DONE, LEASE_MS, URL, endpoint, log_of


def take(store: JobStore) -> ClaimedDelivery:
    found = store.claim_delivery(LEASE_MS)
    assert found is not None
    return found


def test_a_message_too_many_takes_the_place_of_the_tenants_oldest(shop: Shop, hand: Hand):
    slow, other = endpoint(shop.store), endpoint(shop.store, "job.failed", url=f"{URL}/other")
    theirs = endpoint(shop.store, tenant="rival")
    for tenant in ("rival", "shop", "shop"):
        shop.submit(tenant)
        hand.finish(hand.claim())
    oldest = log_of(shop.store, slow)[-1]
    waiting = {f"msg_{number}": 10**9 + number for number in range(19_998)}
    assert shop.store.redis.zadd("packshot:webhook-due-of:shop", waiting) == 19_998
    shop.store.test_endpoint("shop", other)
    given_up = log_of(shop.store, slow)[-1]
    assert (given_up.id, given_up.state) == (oldest.id, DeliveryState.FAILED)
    assert given_up.attempts[0].error == "given up: 20000 messages to your endpoints were waiting"
    states = [delivery.state for made in (slow, other) for delivery in log_of(shop.store, made)]
    assert states == [DeliveryState.PENDING, DeliveryState.FAILED, DeliveryState.PENDING]
    assert log_of(shop.store, theirs, "rival")[0].state is DeliveryState.PENDING


def test_only_what_waits_counts_as_waiting(shop: Shop, hand: Hand):
    endpoint(shop.store)
    for outcome in (DONE, Sent("again", 500, 5, "x"), Sent("released"), Sent("failed", 500, 5, "x")):
        shop.submit()
        hand.finish(hand.claim())
        claimed = take(shop.store)
        assert shop.store.redis.zcard("packshot:webhook-due-of:shop") == 0
        shop.store.end_delivery(claimed, outcome)
        waits = outcome.outcome in {"again", "released"}
        assert shop.store.redis.zcard("packshot:webhook-due-of:shop") == int(waits)
        if waits:
            shop.store.end_delivery(take(shop.store), DONE)


def test_a_page_of_the_log_looks_through_so_many_messages_alone(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("jobs.store.webhooks.MAX_SCANNED", 2)
    made = endpoint(shop.store)
    first = shop.store.test_endpoint("shop", made)
    shop.store.end_delivery(take(shop.store), Sent("failed", 500, 5, "x"))
    for _ in range(4):
        shop.store.test_endpoint("shop", made)
    pages, cursor = [], None
    while not pages or cursor is not None:
        page = shop.store.deliveries("shop", made, state=DeliveryState.FAILED, cursor=cursor)
        pages.append([delivery.id for delivery in page.items])
        cursor = page.cursor
    assert pages == [[], [], [first]]
