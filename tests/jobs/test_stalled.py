"""Jobs that a worker's blob store refused: how long they wait for one, and what is kept of those that ended."""

import pytest

from jobs.states import State

from .conftest import BOOM, Hand, Shop, stats

PATIENCE_MS = 3_600_000


@pytest.fixture
def stalled(shop: Shop, hand: Hand) -> str:
    """A job that has waited for a store for longer than it may."""
    job_id = shop.submit()
    claim = hand.claim()
    assert shop.store.stall(job_id, claim.token)
    outwait(shop, job_id)
    return job_id


def outwait(shop: Shop, job_id: str) -> None:
    shop.store.redis.zadd("packshot:stalled", {job_id: 1}, xx=True)
    shop.store.redis.hincrby(f"packshot:job:{job_id}", "stalled_ms", -PATIENCE_MS)


def worker(shop: Shop, fault: str) -> None:
    """One that has announced itself just now."""
    seconds, micros = shop.store.redis.time()
    shop.store.redis.zadd("packshot:workers", {"worker": seconds * 1000 + micros // 1000})
    shop.store.redis.hset("packshot:worker:worker", "blobs_fault", fault)


@pytest.mark.parametrize(("fault", "dead"), [("no space left", 1), ("", 0), (None, 0)])
def test_a_job_is_given_up_only_where_workers_say_that_their_stores_are_out(
    shop: Shop, stalled: str, fault: str | None, dead: int
):
    """A fleet that is started anew after hours sweeps before it says anything of itself."""
    if fault is not None:
        worker(shop, fault)
    assert shop.store.reap().dead == dead
    assert shop.state(stalled) is (State.FAILED if dead else State.QUEUED)
    assert stats(shop.store)["dead"] == dead


def test_a_store_that_answered_in_between_begins_a_new_wait(shop: Shop, hand: Hand, stalled: str):
    shop.store.retry(stalled, hand.claim().token, BOOM, 0)
    assert shop.store.redis.zcard("packshot:stalled") == 0
    claim = hand.claim()
    assert shop.store.stall(stalled, claim.token)
    assert shop.state(stalled) is State.QUEUED


@pytest.mark.parametrize("lost", [False, True])
def test_what_an_earlier_version_left_is_forgotten_and_holds_no_sweep_up(shop: Shop, stalled: str, lost: bool):
    """It ends such a job without a word of its being stalled, and may have it requeued; or its record is lost."""
    worker(shop, "no space left")
    shop.store.redis.hdel(f"packshot:job:{stalled}", "stalled_ms")
    if lost:
        shop.store.redis.delete(f"packshot:job:{stalled}")
    assert shop.store.reap().dead == 0
    assert shop.store.redis.zcard("packshot:stalled") == 0


def test_a_job_that_has_ended_waits_for_no_store(shop: Shop, hand: Hand, stalled: str):
    hand.finish(hand.claim())
    shop.store.redis.zadd("packshot:stalled", {stalled: 1})  # by an earlier version's program
    worker(shop, "no space left")
    assert shop.store.reap().dead == 0
    assert shop.state(stalled) is State.SUCCEEDED
    assert shop.store.redis.zcard("packshot:stalled") == 0
