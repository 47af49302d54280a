"""Of a job nothing but its id is left, in a queue or a list of what is due: it holds no other job up."""

import pytest

from jobs.states import State

from .conftest import Hand, Merchant, Shop, finish_all


def lose(shop: Shop, job_id: str) -> None:
    """As a Redis that may evict does, when its memory is used up."""
    assert shop.store.redis.delete(f"packshot:job:{job_id}") == 1


def first_job(merchant: Merchant, batch_id: str) -> str:
    job_id = merchant.store.batch_items(merchant.view(batch_id), limit=1).items[0].job_id
    assert job_id is not None
    return job_id


def test_the_next_job_is_claimed_past_those_that_are_lost(shop: Shop, hand: Hand):
    lost, kept = [shop.submit() for _ in range(3)], shop.submit()
    for job_id in lost:
        lose(shop, job_id)
    shop.store.backlog()
    assert hand.claim().job_id == kept
    assert shop.store.pending() == 0
    assert shop.store.redis.hget("packshot:active", "shop") == "1"
    assert not shop.store.redis.exists(*(f"packshot:job:{job_id}" for job_id in lost))


@pytest.mark.parametrize("due", ["lease", "delayed", "deadline", "expiry"])
def test_sweeps_go_on_past_what_is_lost(shop: Shop, hand: Hand, due: str):
    shop.submit()
    claim = hand.claim()
    hand.lose_lease(claim)
    shop.store.redis.zadd(f"packshot:{due}", {"job_lost": 1})
    report = shop.store.reap()
    assert report.requeued == 1
    assert shop.state(claim.job_id) is State.QUEUED
    assert shop.store.redis.zscore(f"packshot:{due}", "job_lost") is None
    assert not shop.store.redis.exists("packshot:job:job_lost")


@pytest.mark.parametrize("running", [False, True])
def test_what_a_batch_had_lost_is_done_anew(shop: Shop, hand: Hand, merchant: Merchant, running: bool):
    """Its item waited for a job that nothing would ever end, and the batch with it."""
    batch_id = merchant.send_many(3)
    if running:
        claim = hand.claim()
        lose(shop, claim.job_id)
        hand.lose_lease(claim)
        shop.store.reap()
    else:
        lose(shop, first_job(merchant, batch_id))
    assert finish_all(hand) == 3
    assert merchant.counts(batch_id) == {"total": 3, "succeeded": 3}
    assert merchant.view(batch_id).state == "finished"
    assert shop.store.redis.hlen(f"packshot:batch:{batch_id}:left") == 0


def test_a_batch_of_which_a_job_is_lost_can_be_canceled_and_erased(shop: Shop, hand: Hand, merchant: Merchant):
    batch_id, other = merchant.send_many(2), merchant.send(merchant.item(3), merchant.item(4))
    for lost in (batch_id, other):
        lose(shop, first_job(merchant, lost))
    shop.store.cancel_batch("shop", batch_id)
    assert merchant.counts(batch_id) == {"total": 2, "canceled": 2}
    shop.store.erase_batch("shop", other)
    shop.store.reap()
    assert finish_all(hand) == 0
    assert list(shop.store.redis.scan_iter(f"packshot:batch:{other}*")) == []


def test_items_of_a_batch_that_is_lost_itself_hold_no_claim_up(shop: Shop, hand: Hand, merchant: Merchant):
    batch_id = merchant.send_many(1)
    lose(shop, first_job(merchant, batch_id))
    shop.store.redis.delete(*shop.store.redis.scan_iter(f"packshot:batch:{batch_id}*"))
    kept = shop.submit()
    assert hand.claim().job_id == kept
    assert list(shop.store.redis.scan_iter(f"packshot:batch:{batch_id}*")) == []
