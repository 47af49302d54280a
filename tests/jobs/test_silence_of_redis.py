"""Redis was away for longer than a lease: whoever works on takes up again, and whoever died is found a lease later."""

import pytest

from jobs.records import Claim
from jobs.states import State
from jobs.store import JobStore
from jobs.webhooks.records import ClaimedDelivery

from .conftest import Hand, Shop
from .endpoints import DONE, LEASE_MS, endpoint


def be_away(store: JobStore, seconds: float) -> None:
    """As if Redis had been away, and everybody with it: every moment that the record names is so long ago."""
    ms, redis = round(seconds * 1000), store.redis
    redis.set("packshot:pulse", int(redis.get("packshot:pulse")) - ms)
    for name in [name for name in redis.keys("packshot:*lease*") if redis.type(name) == "zset"]:
        for member in redis.zrange(name, 0, -1):
            redis.zincrby(name, -ms, member)
    for name in redis.keys("packshot:job:*"):
        if redis.hexists(name, "excused_ms"):
            redis.hincrby(name, "excused_ms", -ms)


def look_now(store: JobStore) -> None:
    """Senders look at every endpoint, as when the leases that they wait for have lapsed."""
    for name in store.redis.keys("packshot:webhook-leased:*"):
        store.redis.zadd("packshot:webhooks-due", {name.split(":")[2]: 1})


@pytest.fixture
def claim(shop: Shop, hand: Hand) -> Claim:
    """A job that runs, of which a sweep has seen nothing wrong."""
    shop.submit()
    claim = hand.claim()
    assert shop.store.reap().requeued == 0
    return claim


def test_a_job_outlives_a_redis_that_was_away_for_two_leases(shop: Shop, hand: Hand, claim: Claim):
    be_away(shop.store, 60)
    assert shop.store.reap().requeued == 0
    assert shop.store.heartbeat(claim.job_id, claim.token) == "ok"
    assert hand.finish(claim)
    assert shop.view(claim.job_id).attempt == 1


def test_a_lease_that_would_lapse_before_the_next_beat_is_given_once_more_too(shop: Shop, claim: Claim):
    be_away(shop.store, 28)
    before = shop.store.redis.zscore("packshot:lease", claim.job_id)
    shop.store.reap()
    assert shop.store.redis.zscore("packshot:lease", claim.job_id) >= before + 20_000


def test_a_worker_that_died_meanwhile_is_found_one_lease_later(shop: Shop, hand: Hand, claim: Claim):
    be_away(shop.store, 60)
    assert shop.store.reap().requeued == 0
    hand.lose_lease(claim)
    assert shop.store.reap().requeued == 1
    assert shop.state(claim.job_id) is State.QUEUED


def test_a_lease_is_given_once_more_only_once_however_seldom_anybody_sweeps(shop: Shop, claim: Claim):
    be_away(shop.store, 60)
    assert shop.store.reap().requeued == 0
    be_away(shop.store, 31)
    assert shop.store.reap().requeued == 1


def test_a_beat_in_between_earns_the_next_one(shop: Shop, claim: Claim):
    for _ in range(3):
        be_away(shop.store, 60)
        assert shop.store.reap().requeued == 0
        assert shop.store.heartbeat(claim.job_id, claim.token) == "ok"


def test_a_lease_that_had_lapsed_before_is_taken_back_at_once(shop: Shop, hand: Hand, claim: Claim):
    hand.lose_lease(claim)
    be_away(shop.store, 60)
    assert shop.store.reap().requeued == 1


def test_sweeps_that_come_as_usual_excuse_nobody(shop: Shop, claim: Claim):
    be_away(shop.store, 10)
    shop.store.reap()
    assert not shop.store.redis.exists("packshot:away")
    assert not shop.store.redis.hexists(f"packshot:job:{claim.job_id}", "excused_ms")


@pytest.fixture
def sent(shop: Shop, hand: Hand) -> ClaimedDelivery:
    """A message under way."""
    endpoint(shop.store)
    shop.submit()
    hand.finish(hand.claim())
    shop.store.reap()
    sent = shop.store.claim_delivery(LEASE_MS)
    assert sent is not None
    return sent


@pytest.mark.parametrize("swept_first", [False, True])
def test_a_message_that_was_sent_meanwhile_is_not_sent_again(shop: Shop, sent: ClaimedDelivery, swept_first: bool):
    be_away(shop.store, 60)
    if swept_first:
        shop.store.reap()
    look_now(shop.store)
    assert shop.store.claim_delivery(LEASE_MS) is None
    assert shop.store.end_delivery(sent, DONE)


def test_a_message_whose_sender_died_meanwhile_is_taken_over_one_lease_later(shop: Shop, sent: ClaimedDelivery):
    be_away(shop.store, 60)
    look_now(shop.store)
    assert shop.store.claim_delivery(LEASE_MS) is None
    be_away(shop.store, 60)
    look_now(shop.store)
    again = shop.store.claim_delivery(LEASE_MS)
    assert again is not None
    assert (again.message.id, again.tries) == (sent.message.id, 2)
