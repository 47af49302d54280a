"""How many jobs of a tenant are under way: what was lost holds nobody's place, and a count anew changes no other."""

import random
import threading
from collections import Counter

import pytest

from jobs.problems import ProblemError
from jobs.store import JobStore

from .conftest import BOOM, Hand, Shop, make_spec
from .test_pending_pixels import World


def counted(store: JobStore) -> dict[str, int]:
    return {tenant: int(jobs) for tenant, jobs in store.redis.hgetall("packshot:active").items()}


def under_way(store: JobStore) -> dict[str, int]:
    """What the jobs' own records say."""
    found: Counter[str] = Counter()
    with store.redis.pipeline(transaction=False) as asked:
        for name in store.redis.scan_iter("packshot:job:*", count=1000):
            asked.hmget(name, "tenant", "state")
        for tenant, state in asked.execute():
            found[tenant] += state in {"queued", "running"}
    return {tenant: jobs for tenant, jobs in found.items() if jobs}


def lose(store: JobStore, job_id: str) -> None:
    assert store.redis.delete(f"packshot:job:{job_id}") == 1


@pytest.mark.parametrize("state", ["queued", "running", "delayed"])
def test_a_lost_job_gives_its_tenants_place_back(small_store: JobStore, state: str):
    """Each that was lost while it ran, or waited for its next attempt, took one of the tenant's places for ever."""
    shop, hand = Shop(small_store), Hand(small_store)
    lost, _ = shop.submit(), shop.submit()
    shop.submit("rival")
    if state != "queued":
        claim = hand.claim()
        assert claim.job_id == lost
        if state == "delayed":
            small_store.retry(lost, claim.token, BOOM, 1)
            small_store.redis.zadd("packshot:delayed", {lost: 1})
        else:
            hand.lose_lease(claim)
    with pytest.raises(ProblemError, match="the most allowed"):
        shop.submit()
    lose(small_store, lost)
    if state == "queued":
        assert hand.claim().job_id != lost
    small_store.reap()
    assert counted(small_store) == under_way(small_store) == {"shop": 1, "rival": 1}
    assert shop.submit()
    with pytest.raises(ProblemError, match="the most allowed"):
        shop.submit()


def test_what_is_lost_of_a_running_worker_waits_for_the_next_count(shop: Shop, hand: Hand):
    shop.submit()
    claim = hand.claim()
    shop.store.reap()
    lose(shop.store, claim.job_id)
    assert shop.store.recount_jobs() is None  # it was done just now
    shop.store.redis.delete("packshot:recounted-jobs")
    assert shop.store.recount_jobs() == 1
    assert counted(shop.store) == {}


def test_a_count_that_is_lost_itself_comes_back(shop: Shop, hand: Hand):
    shop.submit("rival", needs={"device": "gpu"})
    shop.submit("third", priority="bulk")
    shop.submit()
    assert hand.claim().tenant == "shop"
    before = counted(shop.store)
    shop.store.redis.delete("packshot:active")
    shop.store.redis.hset("packshot:active", mapping={"nobody": 4})
    assert shop.store.recount_jobs() == 7
    assert counted(shop.store) == before == {"shop": 1, "rival": 1, "third": 1}


@pytest.mark.parametrize("seed", [1, 2])
def test_a_count_anew_changes_nothing_after_any_move(store: JobStore, seed: int):
    world = World(store, random.Random(seed))
    for _ in range(300):
        world.move()
        assert counted(store) == under_way(store), world.done
        store.redis.delete("packshot:recounted-jobs")
        assert store.recount_jobs() == 0, world.done


def test_nobody_is_counted_wrong_who_submits_and_works_meanwhile(shop: Shop, hand: Hand):
    shop.upload()
    over = threading.Event()

    def work() -> None:
        try:
            for number in range(150):
                shop.store.submit("shop", make_spec(seed=number))
                if number % 2:
                    hand.finish(hand.claim())
        finally:
            over.set()

    worker = threading.Thread(target=work)
    worker.start()
    off = 0
    while not over.is_set():
        shop.store.redis.delete("packshot:recounted-jobs")
        off += shop.store.recount_jobs() or 0
    worker.join()
    assert off == 0
    assert counted(shop.store) == {"shop": 75}


def test_a_record_that_runs_too_many_for_one_look_is_left_as_it_is(store: JobStore):
    store.redis.hset("packshot:active", "shop", 7)
    store.redis.zadd("packshot:delayed", {f"job_{number}": 9e15 for number in range(5001)})
    assert store.recount_jobs() is None
    assert counted(store) == {"shop": 7}
    store.redis.zrem("packshot:delayed", "job_0")
    assert store.recount_jobs() == 7
