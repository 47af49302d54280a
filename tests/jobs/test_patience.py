"""What would wait too long is not taken: by the tenant's own turn, and by what is known of run times."""

import json
import math
from collections.abc import Callable
from itertools import product

import pytest

from jobs.outlook import Outlook, seconds_waiting
from jobs.presence import LIVENESS_MS
from jobs.problems import ProblemError
from jobs.settings import JobsSettings
from jobs.store import JobStore
from jobs.store.base import script_text
from tests.jobs.conftest import Shop, make_spec


@pytest.fixture
def at_work(shop: Shop) -> Callable[..., None]:
    """So many threads run jobs of so many seconds each."""

    def tell(threads: int, mean_s: float) -> None:
        now_ms = shop.store.redis.time()[0] * 1000
        shop.store.redis.zadd("packshot:workers", {"w": now_ms})
        shop.store.redis.hset("packshot:worker:w", "threads", threads)
        shop.store.redis.hset("packshot:times", "*", f"{mean_s * 1000:.1f} 20 {now_ms}")
        shop.store.redis.delete("packshot:threads")  # as a worker's announcement does
        for number in range(threads):  # all are busy
            shop.store.redis.zadd("packshot:lease", {f"busy-{number}": now_ms + 60_000})

    return tell


@pytest.fixture
def hasty(shop: Shop) -> Shop:
    """The same record, where clicks wait for 10 s at most."""
    settings = shop.store.settings.model_copy(update={"max_wait_s": 10})
    assert isinstance(settings, JobsSettings)
    return Shop(JobStore(shop.store.redis, settings))


def refusal(submit: Callable[[], object]) -> ProblemError:
    with pytest.raises(ProblemError) as refused:
        submit()
    assert refused.value.problem.type == "overloaded"
    return refused.value


def test_a_click_that_would_wait_too_long_is_told_when_to_come_back(hasty: Shop, at_work: Callable[..., None]):
    at_work(threads=2, mean_s=2.0)
    for _ in range(10):
        hasty.submit()
    error = refusal(hasty.submit)
    assert "would wait about 11 s, and may wait 10 s" in str(error.problem.detail)
    assert error.problem.extra["retry_after_s"] == 1
    at_work(threads=2, mean_s=60.0)
    assert refusal(hasty.submit).problem.extra["retry_after_s"] == math.ceil(10.5 * 30 - 10)


def test_jobs_that_just_took_longer_than_they_used_to_count(hasty: Shop, at_work: Callable[..., None]):
    at_work(threads=2, mean_s=1.0)
    hasty.submit()
    assert hasty.submit()
    hasty.store.redis.lpush("packshot:recent-ends", *["1 0 30000 30000"] * 4)
    refusal(hasty.submit)


def test_a_dry_run_hears_the_same(hasty: Shop, at_work: Callable[..., None]):
    at_work(threads=1, mean_s=20.0)
    hasty.submit()
    refusal(lambda: hasty.store.foresee("shop", make_spec()))


def test_one_tenants_flood_refuses_nobody_elses_click(hasty: Shop, at_work: Callable[..., None]):
    at_work(threads=1, mean_s=1.0)
    for _ in range(10):
        hasty.submit("flood")
    refusal(lambda: hasty.submit("flood"))
    assert hasty.submit("another")


def test_tenants_that_flood_together_are_held_to_the_bound_together(hasty: Shop, at_work: Callable[..., None]):
    at_work(threads=1, mean_s=1.0)
    taken = 0
    for _ in range(20):
        for tenant in ("a", "b", "c", "d"):
            try:
                hasty.submit(tenant)
            except ProblemError:
                continue
            taken += 1
    assert 8 <= taken <= 12, "each second one is done, and none waits for longer than 10 s"


def test_a_click_that_needs_a_device_waits_no_longer_than_any(hasty: Shop, at_work: Callable[..., None]):
    at_work(threads=1, mean_s=60.0)
    hasty.store.redis.hset("packshot:worker:w", "can", "gpu")
    refusal(lambda: hasty.submit(needs={"device": "gpu"}))
    assert hasty.submit(needs={"device": "gpu"}, priority="bulk")


def test_bulk_is_patient_and_no_job_is_taken_that_would_miss_its_deadline(hasty: Shop, at_work: Callable[..., None]):
    at_work(threads=1, mean_s=5.0)
    for _ in range(10):
        hasty.submit(priority="bulk")
    refusal(lambda: hasty.submit(priority="bulk", deadline_s=20))
    assert hasty.submit(priority="bulk", deadline_s=600)


def test_where_nobody_can_tell_every_job_is_taken(hasty: Shop, at_work: Callable[..., None]):
    for _ in range(30):
        hasty.submit(deadline_s=1)  # no worker lives yet
    at_work(threads=0, mean_s=100.0)
    hasty.submit()
    hasty.store.redis.delete("packshot:times")
    hasty.submit()


def test_what_was_taken_is_found_again_by_its_key_however_full_it_is(hasty: Shop, at_work: Callable[..., None]):
    job_id = hasty.submit(key="k")
    at_work(threads=1, mean_s=1000.0)
    assert hasty.submit(key="k") == job_id
    refusal(hasty.submit)


def test_a_worker_that_lives_no_more_runs_nothing(hasty: Shop, at_work: Callable[..., None]):
    at_work(threads=1, mean_s=100.0)
    refusal(hasty.submit)
    hasty.store.redis.zincrby("packshot:workers", -LIVENESS_MS, "w")
    assert hasty.store.redis.pttl("packshot:threads") in {-2, *range(1001)}, "known for a second, which may be over"
    hasty.store.redis.delete("packshot:threads")  # that second is over
    assert hasty.submit(), "nobody can tell how long it takes until another worker comes"


def test_a_thousand_workers_make_a_submission_no_dearer(hasty: Shop):
    commands = {}
    for workers in (1, 1000):
        for number in range(workers):
            facts = {"threads": "4", "can": ""}
            hasty.store.run_script("announce", owner=f"w-{number}", facts=facts, age_ms=0, life_ms=LIVENESS_MS)
        hasty.store.redis.lpush("packshot:recent-ends", *["1 0 1 1"] * 1000)
        hasty.submit()  # counts them, for a second
        hasty.store.redis.hset("packshot:threads", "", 4 * workers)
        hasty.store.redis.persist("packshot:threads")  # however slow this machine is
        hasty.upload()
        hasty.store.redis.config_resetstat()
        hasty.store.submit("shop", make_spec())
        told = hasty.store.redis.info("commandstats")
        commands[workers] = sum(one["calls"] for name, one in told.items() if name != "cmdstat_info")
    assert commands[1000] == commands[1]


def test_a_worker_that_comes_or_goes_counts_at_once(hasty: Shop):
    def threads() -> str | None:
        hasty.submit()
        return hasty.store.redis.hget("packshot:threads", "")

    def announce(owner: str, threads: int) -> None:
        facts = {"threads": threads, "can": ""}
        hasty.store.run_script("announce", owner=owner, facts=facts, age_ms=0, life_ms=LIVENESS_MS)

    announce("a", 4)
    assert threads() == "4"
    announce("b", 2)
    assert threads() == "6"
    announce("b", 3)
    assert threads() == "7"


def test_the_record_and_the_api_reckon_alike(shop: Shop):
    shared = script_text("submit").partition("local function impatience")[0]
    script = shop.store.redis.register_script(f"{shared}\nreturn tostring(wait_ms(args.at, args.parallel, args.mean))")
    for running, parallel, position, mean_ms in product((0, 1, 3), (0, 1, 2, 4), (0, 1, 7), (None, 1.0, 2345.6)):
        shop.store.redis.delete("packshot:lease")
        for number in range(running):
            shop.store.redis.zadd("packshot:lease", {f"busy-{number}": 1})
        known = {"at": position, "parallel": parallel} | ({"mean": mean_ms} if mean_ms else {})
        told = seconds_waiting(Outlook(0, None, mean_ms, running), position, parallel)
        assert float(script(args=[json.dumps(known)])) == pytest.approx(1000 * (told or 0.0)), (running, known)
