"""The operator's figures, and another try for jobs that gave up."""

import pytest

from jobs.batches.records import BatchState
from jobs.figures import KEPT, End, jobs_per_minute, quantiles
from jobs.problems import ProblemError, make_problem
from jobs.states import State
from tests.jobs.conftest import BOOM, SHA, Hand, Merchant, Shop, finish_all, stats


def die(hand: Hand) -> str:
    """Fail the next job as often as it may be tried."""
    while True:
        claim = hand.claim()
        hand.store.retry(claim.job_id, claim.token, BOOM, 0)
        if claim.attempt == hand.store.settings.max_attempts:
            return claim.job_id


def test_a_requeued_job_has_all_its_attempts_again(shop: Shop, hand: Hand):
    job_id = shop.submit()
    assert die(hand) == job_id
    version = shop.view(job_id).version
    shop.store.requeue_dead(job_id)
    view = shop.view(job_id)
    assert (view.state, view.attempt, view.problem, view.finished_ms, view.expires_ms) == (
        State.QUEUED, 0, None, None, None,
    )  # fmt: skip
    assert view.version > version
    assert stats(shop.store)["dead"] == 0
    assert die(hand) == job_id
    assert shop.state(job_id) is State.FAILED
    assert stats(shop.store)["dead"] == 1


def test_a_requeued_jobs_result_is_not_collected(shop: Shop, hand: Hand):
    job_id = shop.submit()
    die(hand)
    shop.store.requeue_dead(job_id)
    claim = hand.claim()
    assert hand.finish(claim)
    garbage = shop.store.redis.zrange("packshot:garbage", 0, -1)
    assert f"results/shop/{job_id}/" not in garbage
    assert f"results/shop/{job_id}/{claim.token}/" not in garbage
    assert len(garbage) == shop.store.settings.max_attempts  # what the attempts that failed may have left


def test_a_requeued_job_counts_as_active_and_holds_its_photo(shop: Shop, hand: Hand):
    job_id = shop.submit()
    die(hand)
    shop.store.requeue_dead(job_id)
    assert shop.store.redis.hget("packshot:active", "shop") == "1"
    with pytest.raises(ProblemError, match="in-use"):
        shop.store.erase_upload("shop", SHA)
    hand.finish(hand.claim())
    assert shop.store.redis.hget("packshot:active", "shop") is None
    assert shop.store.erase_upload("shop", SHA)


def test_a_job_that_is_requeued_again_by_the_same_call_is_requeued_once(shop: Shop, hand: Hand):
    job_id = shop.submit()
    die(hand)
    answers = [shop.store.run_script("requeue_dead", id=job_id, call="c") for _ in range(2)]
    assert answers == [["ok", ""], ["ok", ""]]
    assert (shop.store.pending(), shop.store.redis.hget("packshot:active", "shop")) == (1, "1")


def test_a_deadline_that_has_passed_does_not_end_the_second_try(shop: Shop, hand: Hand):
    job_id = shop.submit(deadline_s=600)
    die(hand)
    shop.store.redis.hset(f"packshot:job:{job_id}", "deadline_ms", 1)
    shop.store.requeue_dead(job_id)
    assert shop.store.reap().expired == 0
    assert hand.claim().deadline_ms is None


def test_a_deadline_to_come_still_counts(shop: Shop, hand: Hand):
    job_id = shop.submit(deadline_s=600)
    die(hand)
    shop.store.requeue_dead(job_id)
    hand.pass_deadline(job_id)
    assert shop.store.reap().expired == 1


def test_a_job_whose_photo_is_gone_is_not_requeued(shop: Shop, hand: Hand):
    job_id = shop.submit()
    die(hand)
    shop.store.erase_upload("shop", SHA)
    with pytest.raises(ProblemError, match="upload-gone"):
        shop.store.requeue_dead(job_id)
    assert shop.state(job_id) is State.FAILED
    assert shop.store.requeue_all_dead() == []


def test_a_batchs_item_stays_failed_while_its_job_runs_again(merchant: Merchant, hand: Hand):
    batch_id = merchant.send_many(1)
    job_id = die(hand)
    assert merchant.states(batch_id) == ["failed"]
    merchant.store.requeue_dead(job_id)
    assert finish_all(hand) == 1
    assert merchant.view(batch_id).state is BatchState.FINISHED
    assert merchant.counts(batch_id) == {"total": 1, "failed": 1}


def test_a_batchs_retry_takes_the_place_of_a_requeued_job(merchant: Merchant, hand: Hand):
    batch_id = merchant.send_many(1)
    merchant.store.requeue_dead(die(hand))
    assert merchant.store.retry_batch("shop", batch_id) == 1
    assert finish_all(hand) == 1
    assert merchant.states(batch_id) == ["succeeded"]


def test_a_second_end_is_another_event_for_webhooks(shop: Shop, hand: Hand):
    job_id = shop.submit(webhook={"url": "https://shop.example/hook"})
    die(hand)
    shop.store.requeue_dead(job_id)
    die(hand)
    messages = shop.store.redis.keys("packshot:delivery:*")
    assert [shop.store.redis.hget(name, "type") for name in messages] == ["job.failed", "job.failed"]


def test_a_job_struck_off_the_list_is_neither_dead_nor_requeued(shop: Shop, hand: Hand):
    job_id = shop.submit()
    die(hand)
    assert shop.store.strike_dead(job_id)
    assert not shop.store.strike_dead(job_id)
    assert stats(shop.store)["dead"] == 0
    with pytest.raises(ProblemError, match="not-found"):
        shop.store.requeue_dead(job_id)
    [failure] = shop.store.failures().items
    assert (failure.job_id, failure.dead) == (job_id, False)


def test_the_oldest_of_all_tenants_tells_how_long_one_waits(shop: Shop, hand: Hand):
    assert shop.store.backlog().oldest_pending_s is None
    old = shop.submit("a", priority="bulk")
    shop.submit("b")
    shop.store.redis.hincrby(f"packshot:job:{old}", "created_ms", -60_000)
    assert 60 <= shop.store.backlog().oldest_pending_s < 120
    assert shop.store.backlog().pending == {"interactive": 1, "bulk": 1}
    for _ in range(2):
        hand.finish(hand.claim())
    assert shop.store.backlog().oldest_pending_s is None


def test_an_end_tells_how_long_its_job_waited_and_ran(shop: Shop, hand: Hand):
    job_id = shop.submit()
    claim = hand.claim()
    name = f"packshot:job:{job_id}"
    now_ms = int(shop.store.redis.hget(name, "started_ms"))
    shop.store.redis.hset(name, mapping={"created_ms": now_ms - 500, "started_ms": now_ms - 200})
    hand.finish(claim)
    [end] = shop.store.recent_ends()
    assert end.wait_ms == 300
    assert end.total_ms == end.wait_ms + end.run_ms == end.at_ms - (now_ms - 500)


def test_only_so_many_ends_and_failures_are_remembered(shop: Shop, hand: Hand):
    shop.store.redis.rpush("packshot:recent-ends", *["1 2 3 5"] * KEPT)
    shop.store.redis.zadd("packshot:failures", {f"job_{at} boom": at for at in range(KEPT)})
    shop.submit()
    claim = hand.claim()
    shop.store.fail(claim.job_id, claim.token, BOOM)
    assert len(shop.store.recent_ends()) == KEPT
    assert shop.store.redis.zcard("packshot:failures") == KEPT
    assert shop.store.redis.zscore("packshot:failures", f"{claim.job_id} processing-failed")


def test_jobs_that_nobody_worked_at_tell_no_time_and_are_no_failures(shop: Shop):
    shop.store.cancel("shop", shop.submit())
    assert shop.store.recent_ends() == []
    assert shop.store.failures().items == ()


def test_failures_are_counted_by_their_problem(shop: Shop, hand: Hand):
    for seed, slug in enumerate(("image-corrupt", "processing-failed", "image-corrupt")):
        shop.submit(seed=seed)
        claim = hand.claim()
        shop.store.fail(claim.job_id, claim.token, make_problem(slug, "so it is"))
    assert [(kind.slug, kind.count) for kind in shop.store.failure_kinds()] == [
        ("image-corrupt", 2),
        ("processing-failed", 1),
    ]


def test_failures_of_one_moment_are_each_on_one_page(shop: Shop, hand: Hand):
    ids = set()
    for seed in range(5):
        ids.add(shop.submit(seed=seed))
        claim = hand.claim()
        shop.store.fail(claim.job_id, claim.token, BOOM)
    for job_id in ids:
        shop.store.redis.zadd("packshot:failures", {f"{job_id} processing-failed": 7})
    seen: list[str] = []
    cursor = None
    while True:
        page = shop.store.failures(cursor=cursor, limit=2)
        seen += [failure.job_id for failure in page.items]
        cursor = page.cursor
        if cursor is None:
            break
    assert sorted(seen) == sorted(ids)


def test_quantiles_are_values_that_occurred():
    assert vars(quantiles([])) == {"p50": None, "p95": None}
    assert vars(quantiles([5])) == {"p50": 5, "p95": 5}
    assert vars(quantiles(list(range(1, 101)))) == {"p50": 50, "p95": 95}


def test_jobs_in_a_minute_are_those_of_the_last_five():
    ends = [End(at_ms, 0, 0, 0) for at_ms in (590_000, 500_000, 299_000)]
    assert jobs_per_minute(ends, 600_000) == 0.4
    full = [End(600_000 - 60 * at, 0, 0, 0) for at in range(KEPT)]
    assert jobs_per_minute(full, 600_000) == pytest.approx(1000, rel=0.01)
    assert jobs_per_minute([], 0) == 0
