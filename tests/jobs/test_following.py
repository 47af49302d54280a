"""What changed of a tenant's jobs, and whether all of it is known."""

import time

from jobs.states import State
from jobs.store import JobStore

from .conftest import BOOM, Hand, Shop

REMEMBERED = 2000


def told(store: JobStore, since: int | None, tenant: str = "shop") -> list[tuple[str, State | None]]:
    changes = store.changed_since(tenant, since)
    assert changes.complete
    return [(job.job_id, job.view and job.view.state) for job in changes.jobs]


def test_each_job_that_changed_is_told_once_as_it_is(shop: Shop, hand: Hand):
    start = shop.store.changed_since("shop", None).count
    first, second = shop.submit(), shop.submit()
    shop.submit("other")
    claim = hand.claim()
    assert told(shop.store, start) == [(second, State.QUEUED), (first, State.RUNNING)]
    shop.store.fail(first, claim.token, BOOM)
    seen = shop.store.changed_since("shop", start).jobs[0].count
    assert told(shop.store, seen) == [(first, State.FAILED)]
    assert told(shop.store, shop.store.changed_since("shop", None).count) == []


def test_what_is_told_has_no_manifest_but_a_place_and_progress(shop: Shop, hand: Hand):
    start = shop.store.changed_since("shop", None).count
    done, running, queued = shop.submit(), shop.submit(), shop.submit()
    assert hand.finish(hand.claim())
    claim = hand.claim()
    shop.store.progress(running, claim.token, 0.5, "upscale", (0, 0.25))
    views = {job.job_id: job.view for job in shop.store.changed_since("shop", start).jobs}
    assert (views[done].manifest, len(views[done].outputs)) == (None, 1)
    assert (views[running].progress.step, views[running].progress.within) == (0, 0.25)
    assert views[queued].queue_position == 0
    assert shop.store.glance("shop", done).manifest is None
    assert shop.store.glance("other", done) is None


def test_an_erased_job_is_told_as_gone(shop: Shop, hand: Hand):
    kept, erased, running = shop.submit(), shop.submit(), shop.submit(priority="bulk")
    start = shop.store.changed_since("shop", None).count
    shop.store.delete("shop", erased)
    hand.claim(), hand.claim()
    shop.store.delete("shop", running)
    assert dict(told(shop.store, start)) == {erased: None, kept: State.RUNNING, running: None}


def test_many_changes_are_told_in_parts(shop: Shop, monkeypatch):
    monkeypatch.setattr("jobs.store.following.CHANGES_PER_LOOK", 3)
    start = shop.store.changed_since("shop", None).count
    submitted, found = [shop.submit() for _ in range(8)], []
    while jobs := shop.store.changed_since("shop", start).jobs:
        assert len(jobs) <= 3
        found += [job.job_id for job in jobs]
        start = jobs[-1].count
    assert found == submitted


def test_who_saw_nothing_of_what_is_forgotten_is_told_so(shop: Shop):
    start = shop.store.changed_since("shop", None).count
    first = shop.submit()
    at = shop.store.changed_since("shop", start).jobs[0].count
    shop.store.redis.zadd("packshot:changed:shop", {f"job_{number}": at for number in range(REMEMBERED)})
    assert shop.store.changed_since("shop", start).complete
    second = shop.submit()
    assert not shop.store.changed_since("shop", start).complete
    assert shop.store.redis.zcard("packshot:changed:shop") < REMEMBERED
    assert told(shop.store, at) == [(second, State.QUEUED)]
    assert first


def test_what_changed_unwatched_is_known_as_far_as_it_is_remembered(shop: Shop):
    first = shop.submit()
    at = shop.store.changed_since("shop", None).count
    second = shop.submit()
    assert told(shop.store, at) == [(second, State.QUEUED)]
    assert told(shop.store, at - 1) == [(first, State.QUEUED), (second, State.QUEUED)]
    assert not shop.store.changed_since("shop", at - 2).complete
    assert 0 < shop.store.redis.pttl("packshot:changed:shop") <= 86_400_000


def test_counts_go_on_where_redis_lost_its_data(shop: Shop):
    shop.submit()
    before = shop.store.changed_since("shop", None).count
    time.sleep(0.002)  # counts are of their millisecond
    shop.store.redis.flushall()
    assert not shop.store.changed_since("shop", before).complete
    shop.submit()
    after = shop.store.changed_since("shop", None).count
    assert after > before
    assert not shop.store.changed_since("shop", before).complete


def test_counts_of_the_future_are_not_believed(shop: Shop):
    shop.submit()
    assert not shop.store.changed_since("shop", shop.store.changed_since("shop", None).count + 1).complete
