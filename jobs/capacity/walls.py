"""Where growth ends: for each wall, the photos a day at which it stands if all else stays as it was asked."""

import math
from collections.abc import Iterator

from jobs.capacity.costs import Costs
from jobs.capacity.demand import Demand, stand_ins
from jobs.capacity.document import Wall
from jobs.capacity.record import BUSY, HEADROOM, PUBLISHES, RecordNeeds, plan_record
from jobs.capacity.serving import plan_serving
from jobs.capacity.workers import plan_fleet

_GIB = 2**30
_DAY_S = 86_400
_JANITOR_PAGE, _JANITOR_EVERY_S = 1_000, 2.0  # blobs that one worker looks at in each of its sweeps
_LOOK_DAYS = 7.0
_SWEEP_LIMIT = 200  # jobs at the end of their life that one sweep removes
_SWEEPS_EACH_S = 1.0 / 2.0  # of one worker; where there is more to do, the next one need not wait for its turn
_RESTART_S = 300.0


def walls(demand: Demand, costs: Costs, record: RecordNeeds, workers: int) -> list[Wall]:
    """The nearest first."""
    found = [*_of_redis(demand, costs, record), *_of_the_rest(demand, costs, workers)]
    return sorted(found, key=lambda wall: wall.photos_per_day)


def _of_redis(demand: Demand, costs: Costs, record: RecordNeeds) -> Iterator[Wall]:
    told = costs.record
    yield Wall(
        "redis_time",
        _photos_until(demand, costs),
        f"{record.us_per_photo:.0f} µs of Redis' one thread a photo: it is {BUSY:.0%} busy in the busiest hour",
        "webhooks instead of polls; fewer API processes (each hears of every change); a faster core for Redis (the "
        "scripts run on one); then tenants split over several installations",
    )
    memory = demand.photos_per_day * demand.redis_gib * _GIB / record.memory_bytes
    yield Wall(
        "redis_memory",
        memory,
        f"{told['bytes_per_job']:,.0f} bytes a kept job × {demand.retention_days:g} days, and "
        f"{told['bytes_per_gone_job']:,.0f} a tombstone, × {HEADROOM:g} fill {demand.redis_gib:g} GiB",
        "a shorter PACKSHOT_RETENTION_S (what was fetched need not be kept); a larger Redis; then tenants split",
    )
    restart = _RESTART_S / (told["load_cpu_s"] / told["kept_jobs"]) / demand.retention_days
    yield Wall(
        "redis_restart",
        restart,
        f"a Redis that starts anew reads its journal for {_RESTART_S:.0f} s; until then everybody is told to come back",
        "a replica that takes over (PACKSHOT_WAIT_REPLICAS), as it has everything in memory; shorter retention",
    )


def _photos_until(demand: Demand, costs: Costs) -> float:
    """How many photos a day keep Redis' thread busy up to its limit, with as many workers and APIs as those need."""
    low, high = 1, 1_000_000_000
    while high - low > max(1, low // 1000):
        between = (low + high) // 2
        asked = demand.model_copy(update={"photos_per_day": between})
        fleet = plan_fleet(asked, costs, simulate=False)
        needs = plan_record(asked, costs, fleet.workers, plan_serving(asked, costs, fleet).processes)
        low, high = (between, high) if needs.busy_at_peak <= BUSY else (low, between)
    return low


def _of_the_rest(demand: Demand, costs: Costs, workers: int) -> Iterator[Wall]:
    heard_us = PUBLISHES * costs.record["ear_us"]
    yield Wall(
        "api_listening",
        BUSY / (heard_us / 1e6) / demand.peak * _DAY_S,
        f"every API process hears of every change: {heard_us:.0f} µs of its core a photo, however many there are",
        "tenants split over several installations",
    )
    blobs_per_photo = 2 + demand.renditions
    looked_at = _JANITOR_PAGE / _JANITOR_EVERY_S * _DAY_S * _LOOK_DAYS
    yield Wall(
        "janitor",
        looked_at / blobs_per_photo / demand.retention_days,
        f"one worker at a time looks through the blob store, {_JANITOR_PAGE:,} every {_JANITOR_EVERY_S:g} s: a look at "
        "all takes a week",
        "nothing is lost by it: only what no record names stays longer; the store's own rules may clean up as well",
    )
    swept = _SWEEP_LIMIT * _SWEEPS_EACH_S * max(1, workers) * _DAY_S
    yield Wall(
        "end_of_life",
        swept,
        f"{workers} workers remove {_SWEEP_LIMIT} ended jobs in each sweep, one sweep in 2 s each",
        "a shorter PACKSHOT_REAP_INTERVAL_S",
    )


def warnings_of(demand: Demand, costs: Costs, record: RecordNeeds, fleet_wait_s: float) -> Iterator[str]:
    """What a plan cannot know, or takes for granted."""
    for name, others in stand_ins(demand.mix).items():
        yield (
            f"{name} was taken for {others} on every photo, the most that it does: what a photo does not need is found "
            "out all the same, but not done. Channels come on top (renditions)."
        )
    yield (
        "The costs were measured on two shared cores of one kind, one job at a time; a trial on your machines gives "
        f"core_speed. Redis' time was taken while the same script cost up to {costs.record['spread']:.1f} times as "
        "much at one time as at another: it is rather too dear than too cheap."
    )
    if record.shares > 1:
        yield (
            f"One Redis does not carry this: {record.shares} installations are needed, each with its own Redis, API, "
            "workers and store, and each tenant in one of them (docs/capacity.md)."
        )
    if math.isinf(fleet_wait_s):
        yield "The wait cannot be kept by any number of workers of this kind."
    if demand.peak_per_s * demand.p95_wait_s < 1:
        yield "So few photos come that their chance matters more than their mean; one worker is never idle for nothing."
