"""Of a job nothing but its id is left, in a queue or a list of what is due: it holds no other job up."""

import pytest

from jobs.states import State

from .conftest import Hand, Shop


def lose(shop: Shop, job_id: str) -> None:
    """As a Redis that may evict does, when its memory is used up."""
    assert shop.store.redis.delete(f"packshot:job:{job_id}") == 1


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
