import threading

import pytest

from jobs.connection import connect
from jobs.hint_lists import hint_lists
from jobs.queue import make_celery
from jobs.settings import JobsSettings
from jobs.states import State
from jobs.store import JobStore

from .conftest import BOOM, SHA, Hand, Shop, stats


def test_a_lost_lease_requeues_the_job(shop: Shop, hand: Hand):
    job_id = shop.submit()
    claim = hand.claim()
    assert shop.store.reap().requeued == 0
    hand.lose_lease(claim)
    report = shop.store.reap()
    assert (report.requeued, report.hints_missing) == (1, 1)
    assert shop.state(job_id) is State.QUEUED
    assert hand.claim().attempt == 2


def test_a_heartbeat_saves_the_lease(shop: Shop, hand: Hand):
    shop.submit()
    claim = hand.claim()
    hand.lose_lease(claim)
    assert shop.store.heartbeat(claim.job_id, claim.token) == "ok"
    assert shop.store.reap().requeued == 0


def test_a_third_lost_lease_gives_up(shop: Shop, hand: Hand):
    job_id = shop.submit()
    for _ in range(3):
        hand.lose_lease(hand.claim())
        report = shop.store.reap()
    view = shop.view(job_id)
    assert (report.requeued, report.dead, view.state) == (0, 1, State.FAILED)
    assert view.problem is not None
    assert view.problem.type == "gave-up"
    assert stats(shop.store)["dead"] == 1
    shop.store.delete("shop", job_id)
    assert stats(shop.store)["dead"] == 0


def test_a_lost_attempts_blobs_become_garbage_after_a_grace(shop: Shop, hand: Hand):
    shop.submit()
    claim = hand.claim()
    hand.lose_lease(claim)
    assert shop.store.reap().garbage == []
    prefix = f"results/shop/{claim.job_id}/{claim.token}/"
    assert shop.store.redis.zadd("packshot:garbage", {prefix: 1}, xx=True, ch=True) == 1
    assert shop.store.reap().garbage == [prefix]


def test_a_canceled_job_whose_worker_is_lost_is_canceled(shop: Shop, hand: Hand):
    job_id = shop.submit()
    claim = hand.claim()
    shop.store.cancel("shop", job_id)
    hand.lose_lease(claim)
    report = shop.store.reap()
    assert (report.requeued, report.dead) == (0, 0)
    assert shop.state(job_id) is State.CANCELED


def test_a_deadline_expires_a_queued_a_delayed_and_a_running_job(shop: Shop, hand: Hand):
    queued, delayed, running = (shop.submit(tenant, deadline_s=600) for tenant in ("z", "a", "b"))
    hand_claims = {claim.tenant: claim for claim in (hand.claim(), hand.claim(), hand.claim())}
    shop.store.release(queued, hand_claims["z"].token)
    shop.store.retry(delayed, hand_claims["a"].token, BOOM, 60_000)
    for job_id in (queued, delayed, running):
        hand.pass_deadline(job_id)
    assert shop.store.reap().expired == 3
    for tenant, job_id in (("z", queued), ("a", delayed), ("b", running)):
        assert shop.state(job_id, tenant) is State.EXPIRED
    assert not hand.finish(hand_claims["b"])
    assert (shop.store.pending(), stats(shop.store)["delayed"], stats(shop.store)["running"]) == (0, 0, 0)


def test_a_retry_that_came_due_is_pending_again(shop: Shop, hand: Hand):
    shop.submit()
    claim = hand.claim()
    shop.store.retry(claim.job_id, claim.token, BOOM, 60_000)
    shop.store.redis.zadd("packshot:delayed", {claim.job_id: 1})
    report = shop.store.reap()
    assert (report.due, report.hints_missing, shop.store.pending()) == (1, 1, 1)


def test_whoever_claims_a_job_is_told_how_often_its_worker_was_lost_but_not_of_other_failures(shop: Shop, hand: Hand):
    shop.submit()
    first = hand.claim()
    shop.store.retry(first.job_id, first.token, BOOM, 0)
    second = hand.claim()
    assert (second.attempt, second.lost, second.suspect) == (2, 0, False)
    hand.lose_lease(second)
    shop.store.reap()
    third = hand.claim(token="t3")
    assert (third.attempt, third.lost, third.suspect) == (3, 1, True)
    assert hand.claim(token="t3") == third


def test_an_ended_job_is_removed_after_its_retention_and_leaves_a_tombstone(shop: Shop, hand: Hand):
    job_id = shop.submit(external_id="SKU")
    hand.finish(hand.claim())
    assert shop.store.reap().removed == 0
    shop.store.redis.zadd("packshot:expiry", {job_id: 1})
    report = shop.store.reap()
    assert (report.removed, report.garbage) == (1, [f"results/shop/{job_id}/"])
    assert shop.store.get("shop", job_id) is None
    assert shop.store.is_gone("shop", job_id)
    assert shop.store.list("shop").items == shop.store.list("shop", external_id="SKU").items == ()
    assert 6.9 * 86400 < shop.store.redis.ttl(f"packshot:gone:{job_id}") <= 7 * 86400


def test_a_tombstone_stays_for_seven_lives_of_what_is_gone_so_that_short_ones_do_not_pile_up(shop: Shop, hand: Hand):
    queued, running = shop.submit(expires_in_s=60), shop.submit(expires_in_s=120)
    hand.claim()
    assert shop.store.delete("shop", running)
    assert shop.store.delete("shop", queued) == []
    assert 800 < shop.store.redis.ttl(f"packshot:gone:{running}") <= 840
    assert 400 < shop.store.redis.ttl(f"packshot:gone:{queued}") <= 420


def test_one_tenants_flood_of_garbage_keeps_nobody_elses_waiting(store: JobStore):
    flood = {f"uploads/flood/{number:04}": 1000 + number for number in range(3000)}
    store.redis.zadd("packshot:garbage", {"uploads/early/a": 999, **flood, "uploads/late/b": 9000})
    garbage = store.reap(limit=10).garbage
    assert len(garbage) == len(set(garbage)) == 50
    assert garbage[:2] == ["uploads/early/a", "uploads/late/b"], "a slow store gets to both of them first"


def test_garbage_comes_again_until_it_is_collected(shop: Shop):
    garbage = shop.store.delete("shop", shop.submit())
    assert set(shop.store.reap().garbage) == set(garbage)
    assert shop.store.reap().garbage == []
    for path in garbage:
        shop.store.redis.zadd("packshot:garbage", {path: 1}, xx=True)
    assert set(shop.store.reap().garbage) == set(garbage)
    shop.store.collected(path for path in garbage)
    assert not set(shop.store.redis.zrange("packshot:garbage", 0, -1)) & set(garbage)


def test_an_upload_past_its_life_is_removed(shop: Shop):
    record = shop.upload()
    shop.store.redis.zadd("packshot:uploads", {f"shop:{SHA}": 1})
    report = shop.store.reap()
    assert (report.uploads, report.garbage) == (1, [record.path])
    assert shop.store.get_upload("shop", SHA) is None


def test_an_upload_that_a_live_job_needs_stays_until_it_has_ended(shop: Shop, hand: Hand):
    shop.submit()
    shop.store.redis.zadd("packshot:uploads", {f"shop:{SHA}": 1})
    assert shop.store.reap().uploads == 0
    hand.finish(hand.claim())
    shop.store.redis.zadd("packshot:uploads", {f"shop:{SHA}": 1})
    assert shop.store.reap().uploads == 1


def test_a_submit_renews_the_uploads_life(shop: Shop):
    shop.upload()
    shop.store.redis.zadd("packshot:uploads", {f"shop:{SHA}": 1})
    hand, job_id = Hand(shop.store), shop.submit()
    hand.finish(hand.claim())
    assert shop.store.reap().uploads == 0
    assert shop.state(job_id) is State.SUCCEEDED


def test_hints_waiting_are_not_missing(shop: Shop):
    for _ in range(3):
        shop.submit()
    shop.store.redis.rpush("packshot", "a", "b")
    assert shop.store.reap().hints_missing == 1
    shop.store.redis.rpush("packshot", "c", "d")
    assert shop.store.reap().hints_missing == 0


@pytest.mark.parametrize("name", hint_lists("packshot"))
def test_what_lies_in_the_place_of_hints_is_thrown_away_and_the_sweep_goes_on(
    name: str, shop: Shop, caplog: pytest.LogCaptureFixture
):
    """A worker's message loop waits for all of these at once, and does no work where one of them is no list."""
    shop.submit()
    shop.store.redis.set(name, "x")
    assert shop.store.reap().hints_missing == 1
    assert not shop.store.redis.exists(name)
    assert "lay a string" in caplog.text


def test_hints_lie_where_celerys_transport_looks_for_them(settings: JobsSettings):
    with make_celery(settings).connection_for_read() as connection, connection.channel() as channel:
        names = [channel._q_for_pri("packshot", step) for step in channel.priority_steps]
    assert names == hint_lists("packshot")


def test_a_record_lost_with_redis_is_noticed_once(shop: Shop):
    shop.submit()
    assert not shop.store.reap().record_lost
    shop.store.redis.flushall()
    assert shop.store.reap().record_lost
    assert not shop.store.reap().record_lost
    assert shop.store.lost_ms()


def test_a_new_record_is_no_loss(shop: Shop):
    assert not shop.store.reap().record_lost
    assert shop.store.lost_ms() is None


@pytest.mark.parametrize("submitted", [0, 5])
def test_a_loss_is_noticed_by_every_process_however_much_came_since(shop: Shop, settings: JobsSettings, submitted: int):
    with connect(settings.redis_url) as client:
        another = JobStore(client, settings)
        for _ in range(2):
            shop.submit()
        assert not shop.store.reap().record_lost
        assert not another.reap().record_lost
        shop.store.redis.flushall()
        for _ in range(submitted):
            shop.submit()
        assert shop.store.reap().record_lost
        assert another.reap().record_lost
        assert not another.reap().record_lost


def test_a_loss_of_the_newest_alone_is_noticed(shop: Shop):
    shop.submit()
    shop.store.reap()
    kept = shop.store.redis.get("packshot:sequence")
    shop.submit()
    shop.store.reap()
    shop.store.redis.set("packshot:sequence", kept)  # as after an append-only file whose end was cut off
    assert shop.store.reap().record_lost


def test_a_sweep_is_bounded(shop: Shop, hand: Hand):
    for _ in range(5):
        shop.submit()
    for _ in range(5):
        hand.lose_lease(hand.claim())
    assert [shop.store.reap(limit=2).requeued for _ in range(4)] == [2, 2, 1, 0]


def test_many_reapers_at_once_requeue_each_job_once(shop: Shop, hand: Hand):
    for _ in range(50):
        shop.submit()
    for _ in range(50):
        hand.lose_lease(hand.claim())
    reports = []

    def reap():
        with connect(shop.store.settings.redis_url) as client:
            reports.append(JobStore(client, shop.store.settings).reap())

    threads = [threading.Thread(target=reap) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(report.requeued for report in reports) == 50
    assert shop.store.pending() == 50


def test_the_record_keeps_no_trace_of_jobs_that_are_gone(shop: Shop, hand: Hand):
    """But sequences, run times and ends, totals, the last changes, tombstones and what waits for deletion."""
    ids = [shop.submit(f"tenant-{at % 3}", key=str(at), external_id="x", deadline_s=60) for at in range(12)]
    for at in range(12):
        claim = hand.claim()
        if at % 3 == 0:
            hand.finish(claim)
        elif at % 3 == 1:
            shop.store.fail(claim.job_id, claim.token, BOOM)
        else:
            shop.store.retry(claim.job_id, claim.token, BOOM, 60_000)
    for at, job_id in enumerate(ids):
        shop.store.delete(f"tenant-{at % 3}", job_id)
    keys = {key.split(":")[1] for key in shop.store.redis.keys("packshot:*")} - {"threads"}  # it lives for a second
    counters = {"sequence", "turn", "claims", "depth", "times", "recent-ends", "journal-due", "totals"}
    assert keys == counters | {"gone", "garbage", "claim", "change", "changed"}
    assert shop.store.redis.hgetall("packshot:depth") == {"interactive": "0"}
