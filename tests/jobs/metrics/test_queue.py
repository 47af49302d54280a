"""What a scrape reads of the record: exact figures, at a cost that the backlog does not change."""

import pytest
import redis
from prometheus_client import CollectorRegistry, Gauge

from jobs.metrics.families import OF_QUEUE
from jobs.metrics.queue import QueueCollector
from jobs.presence import LIVENESS_MS
from jobs.problems import make_problem
from jobs.store.base import call_script
from jobs.store.gauging import Gauges


@pytest.fixture
def scrape(store):
    """The value of a sample as a scrape tells it now."""

    def value(name, **labels):
        registry = CollectorRegistry()
        registry.register(QueueCollector(store.gauges))
        return registry.get_sample_value(name, labels)

    return value


def test_the_backlog_is_told_by_class_and_route(shop, hand, scrape):
    for _ in range(3):
        shop.submit()
    shop.submit(priority="bulk")
    hand.claim()
    assert scrape("packshot_pending_jobs", **{"class": "interactive", "route": "any"}) == 2
    assert scrape("packshot_pending_jobs", **{"class": "bulk", "route": "any"}) == 1
    assert scrape("packshot_running_jobs") == 1
    assert scrape("packshot_redis_up") == 1
    assert scrape("packshot_redis_used_bytes") > 100_000


def test_an_empty_record_tells_zeros_rather_than_nothing(scrape):
    for priority in ("interactive", "bulk"):
        assert scrape("packshot_pending_jobs", **{"class": priority, "route": "any"}) == 0
        assert scrape("packshot_oldest_pending_seconds", **{"class": priority, "route": "any"}) == 0
    for name in ("running_jobs", "delayed_jobs", "dead_jobs", "hints_waiting", "open_batches", "webhooks_due"):
        assert scrape(f"packshot_{name}") == 0
    for state in ("succeeded", "failed", "canceled", "expired"):
        assert scrape("packshot_jobs_total", state=state) == 0
    assert scrape("packshot_problems_total", type="gave-up") == 0
    assert scrape("packshot_record_lost_timestamp_seconds") == 0


def test_the_oldest_of_each_class_is_as_old_as_its_record_says(shop, store, scrape):
    first, _ = shop.submit(), shop.submit()
    store.redis.hincrby(f"packshot:job:{first}", "created_ms", -90_000)
    other = shop.submit("rival", priority="bulk")
    store.redis.hincrby(f"packshot:job:{other}", "created_ms", -7_000)
    for_gpu = shop.submit(needs={"device": "gpu"})
    store.redis.hincrby(f"packshot:job:{for_gpu}", "created_ms", -500_000)
    assert 90 <= scrape("packshot_oldest_pending_seconds", **{"class": "interactive", "route": "any"}) < 150
    assert 7 <= scrape("packshot_oldest_pending_seconds", **{"class": "bulk", "route": "any"}) < 67
    assert 500 <= scrape("packshot_oldest_pending_seconds", **{"class": "interactive", "route": "gpu"}) < 560


def announce(store, owner, can):
    facts = {"threads": 1, "can": can}
    call_script(store.redis, "announce", owner=owner, facts=facts, age_ms=0, life_ms=LIVENESS_MS)


def told_routes(store):
    return {each.route: each.told_route for each in store.gauges().pending}


def test_what_tenants_write_makes_no_series_of_its_own(shop, store, scrape):
    for number in range(8):  # before the first worker ever
        shop.submit(f"t{number}", needs={"models": {"cutout": f"{100_000 + number}"}})
    assert scrape("packshot_pending_jobs", **{"class": "interactive", "route": "other"}) == 8
    assert set(told_routes(store).values()) == {"other"}
    announce(store, "one", "cpu cutout=2 restore=5")
    shop.submit("a", needs={"models": {"cutout": "2"}})
    shop.submit("a", needs={"models": {"cutout": "2", "restore": "5"}})
    shop.submit("a", needs={"device": "cpu", "models": {"cutout": "2", "restore": "5"}})
    told = told_routes(store)
    assert {told[route] for route in told if "100" in route} == {"other"}
    assert told["cutout=2"] == "cutout=2"
    assert told["cutout=2+restore=5"] == "models"
    assert told["cpu+cutout=2+restore=5"] == "cpu+models"


def test_a_route_keeps_its_name_while_a_worker_that_starts_would_serve_it(shop, store):
    announce(store, "old", "gpu cutout=1")
    announce(store, "one", "cpu cutout=2")
    store.redis.delete("packshot:worker:old")
    store.redis.zrem("packshot:workers", "old")
    for needs in ({"device": "gpu"}, {"device": "gpu", "models": {"cutout": "1"}}, {"models": {"cutout": "1"}}):
        shop.submit(needs=needs)
    told = {"gpu": "gpu", "gpu+cutout=1": "gpu+cutout=1", "cutout=1": "other"}  # only CPUs live, and none has that
    assert told_routes(store) == told
    announce(store, "two", "gpu cutout=2")
    assert told_routes(store) == told | {"gpu+cutout=1": "other"}
    store.redis.delete("packshot:workers")
    assert told_routes(store) == {route: route for route in told}


def test_each_end_of_a_job_is_counted_once_by_its_state_and_problem(shop, hand, store, scrape):
    shop.submit()
    claim = hand.claim()
    assert hand.finish(claim)
    assert hand.finish(claim)  # the same call again, after a lost answer
    shop.submit()
    broken = hand.claim()
    store.fail(broken.job_id, broken.token, make_problem("image-corrupt", "cut short"))
    store.cancel("shop", shop.submit())
    late = shop.submit(deadline_s=5)
    hand.pass_deadline(late)
    store.reap()
    counted = {state: scrape("packshot_jobs_total", state=state) for state in ("succeeded", "failed", "canceled")}
    assert counted == {"succeeded": 1, "failed": 1, "canceled": 1}
    assert scrape("packshot_jobs_total", state="expired") == 1
    assert scrape("packshot_problems_total", type="image-corrupt") == 1
    assert scrape("packshot_problems_total", type="deadline-exceeded") == 1
    assert scrape("packshot_problems_total", type="gave-up") == 0


def test_workers_are_counted_by_backend_while_they_live(store, scrape):
    now_ms = store.redis.time()[0] * 1000
    for owner, backend, beat_ms in [("a", "tensorrt", now_ms), ("b", "onnxruntime", now_ms), ("c", "tensorrt", 1)]:
        store.redis.hset(f"packshot:worker:{owner}", "backend", backend)
        store.redis.zadd("packshot:workers", {owner: beat_ms})
    assert scrape("packshot_workers", backend="tensorrt") == 1
    assert scrape("packshot_workers", backend="onnxruntime") == 1


def commands_of(store, ask):
    """How many commands Redis runs, those of scripts among them, for one call."""
    store.redis.config_resetstat()
    ask()
    told = store.redis.info("commandstats")
    return sum(
        stat["calls"] for name, stat in told.items() if name not in {"cmdstat_config", "cmdstat_config|resetstat"}
    )


def test_a_scrape_costs_the_same_at_twenty_thousand_pending_jobs(shop, store):
    for number in range(30):
        shop.submit(f"t{number}")
    store.gauges()
    before = commands_of(store, store.gauges)
    with store.redis.pipeline(transaction=False) as pipeline:  # as so many submissions leave the queue
        for number in range(20_000):
            pipeline.zadd(f"packshot:queue:interactive:t{number % 30}", {f"job_{number:026d}": 1000 + number})
        pipeline.hset("packshot:depth", "interactive", 20_030)
        pipeline.execute()
    assert commands_of(store, store.gauges) == before < 130


def test_a_scrape_costs_no_more_than_so_much_with_a_thousand_tenants_in_many_lanes(store):
    with store.redis.pipeline(transaction=False) as pipeline:
        for lane in ["interactive", "bulk", *(f"bulk@cutout={number}" for number in range(18))]:
            pipeline.hset("packshot:depth", lane, 1000)
            for number in range(1000):
                pipeline.zadd(f"packshot:queue:{lane}:t{number}", {f"job_{number:026d}": number})
                pipeline.zadd(f"packshot:ring:{lane}", {f"t{number}": number})
        pipeline.execute()
    store.gauges()
    assert commands_of(store, store.gauges) < 600


def test_a_record_that_is_away_is_told_and_asked_once_in_a_while(settings):
    asked = []

    def ask() -> Gauges:
        asked.append(1)
        raise redis.ConnectionError("nobody listens")

    registry = CollectorRegistry()
    registry.register(QueueCollector(ask, kept_s=60.0))
    for _ in range(3):
        assert registry.get_sample_value("packshot_redis_up") == 0
        assert registry.get_sample_value("packshot_running_jobs") is None
    assert len(asked) == 1


def test_what_is_described_without_asking_redis_is_the_table(settings):
    told = {metric.name: metric.type for metric in QueueCollector(pytest.fail).describe()}
    assert told == {family.name.removesuffix("_total"): family.kind for family in OF_QUEUE}


def test_a_fault_of_ours_costs_the_records_figures_and_no_others(caplog):
    registry = CollectorRegistry()
    registry.register(QueueCollector(lambda: 1 // 0))
    Gauge("another", "Of another collector.", registry=registry).set(7)
    told = {sample.name: sample.value for family in registry.collect() for sample in family.samples}
    assert told == {"another": 7}
    assert "without the queue's figures" in caplog.text
