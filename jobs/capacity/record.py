"""What the job record needs of Redis: its one thread's time, memory, and how long it is away when it starts anew."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from jobs.capacity.costs import Costs
from jobs.capacity.demand import Demand
from jobs.capacity.document import Line

BUSY = 0.6
"""The most of a thread's time that is planned for: above, waits before it grow fast."""

HEADROOM = 1.5
"""Of memory, for fragmentation, buffers, and what changes while the journal is written anew (copy on write)."""

PUBLISHES = 7
"""Changes of a job that are told: taken, claimed, four times progress, ended."""

_GIB = 2**30
_SWEEPS_PER_S = 1.25  # the most of all workers together: they take turns (worker/reaper.py)
_SWEEPS_OF_ONE_PER_S = 0.5
_TOMBSTONE_DAYS, _TOMBSTONE_LIVES = 7.0, 7.0  # what ends first (lua/prelude.lua)


@dataclass(frozen=True)
class RecordNeeds:
    """``shares`` is how many Redis it takes, each with tenants of its own: one, as long as no wall is met."""

    us_per_photo: float
    us_per_s_of_fleet: float
    busy_at_peak: float
    kept_jobs: float
    gone_jobs: float
    keys: float
    memory_bytes: float
    shares_by_time: int
    shares_by_memory: int

    @property
    def shares(self) -> int:
        """Installations."""
        return max(self.shares_by_time, self.shares_by_memory)

    def busy_at(self, photos_per_s: float) -> float:
        """The part of one thread's time that so many photos take, and the workers themselves beside them."""
        return _busy(photos_per_s, self.us_per_photo, self.us_per_s_of_fleet)


def memory_bytes(kept: float, gone: float, costs: Costs) -> float:
    """What so many kept jobs and tombstones take, with room for what memory needs besides."""
    return (kept * costs.record["bytes_per_job"] + gone * costs.record["bytes_per_gone_job"]) * HEADROOM


def keys(kept: float, gone: float, costs: Costs) -> float:
    """How many so many kept jobs and tombstones are."""
    return kept * costs.record["keys_per_job"] + gone * costs.record["keys_per_gone_job"]


def fleet_us_per_s(workers: int, costs: Costs) -> float:
    """What workers cost Redis' thread in a second without any job.

    The idle service that was measured had one worker, which swept by itself; sweeps are counted once, for all.
    """
    sweep_us = costs.record["idle_sweep_us"]
    own_us = max(0.0, costs.idle_per_s["redis_us"] - _SWEEPS_OF_ONE_PER_S * sweep_us)
    return workers * own_us + min(_SWEEPS_PER_S, workers * _SWEEPS_OF_ONE_PER_S) * sweep_us


def plan_record(demand: Demand, costs: Costs, workers: int, api_processes: int) -> RecordNeeds:
    """The load of the busiest hour, and what is kept of so many days."""
    told = costs.record
    per_photo = costs.job["redis_us"] + told["expire_us"] + demand.polls_per_photo * 2 * told["view_us"]
    per_photo += PUBLISHES * told["listener_us"] * max(0, api_processes - 1)
    fleet = fleet_us_per_s(workers, costs)
    busy = _busy(demand.peak_per_s, per_photo, fleet)
    kept = demand.photos_per_day * demand.retention_days + demand.peak_per_s * demand.p95_wait_s
    gone = demand.photos_per_day * min(_TOMBSTONE_DAYS, _TOMBSTONE_LIVES * demand.retention_days)
    memory = memory_bytes(kept, gone, costs)
    return RecordNeeds(
        us_per_photo=per_photo,
        us_per_s_of_fleet=fleet,
        busy_at_peak=busy,
        kept_jobs=kept,
        gone_jobs=gone,
        keys=keys(kept, gone, costs),
        memory_bytes=memory,
        shares_by_time=math.ceil(busy / BUSY),
        shares_by_memory=math.ceil(memory / (demand.redis_gib * _GIB)),
    )


def record_lines(demand: Demand, needs: RecordNeeds, costs: Costs) -> Iterator[Line]:
    """Time, memory, keys, the journal and a restart."""
    yield from _time(demand, needs, costs)
    yield from _kept(demand, needs, costs)
    yield from _restart(needs, costs)


def _busy(photos_per_s: float, us_per_photo: float, us_per_s_of_fleet: float) -> float:
    return (photos_per_s * us_per_photo + us_per_s_of_fleet) / 1e6


def _time(demand: Demand, needs: RecordNeeds, costs: Costs) -> Iterator[Line]:
    told = costs.record
    why = (
        f"{costs.job['redis_us']:.0f} µs through the service ({costs.source}) + end of life {told['expire_us']:.0f} + "
        f"{demand.polls_per_photo:g} polls × {2 * told['view_us']:.0f} + {PUBLISHES} changes × "
        f"{told['listener_us']:.1f} for each further API process ({costs.record_source})"
    )
    yield Line("redis_time", needs.us_per_photo, "µs a photo", why)
    each = costs.job["redis_commands"]
    why = f"{each:.0f} a photo, within scripts too, × peak rate"
    yield Line("redis_commands", each * demand.peak_per_s, "commands/s", why)
    own = needs.us_per_s_of_fleet / 1e6
    why = (
        f"peak rate × that + {own:.1%} of a thread for the workers themselves, at most: each is taken for as dear as a "
        f"whole idle service with one worker, without its sweeps; {BUSY:.0%} is the most"
    )
    yield Line("redis_busy", 100 * needs.busy_at_peak, "% of its one thread", why, "assumed")


def _kept(demand: Demand, needs: RecordNeeds, costs: Costs) -> Iterator[Line]:
    told = costs.record
    why = f"photos a day × {demand.retention_days:g} days, and what waits"
    yield Line("kept_jobs", needs.kept_jobs, "jobs", why, "given")
    why = (
        f"{told['keys_per_job']:.1f} a kept job + {told['keys_per_gone_job']:.2f} for each of the "
        f"{needs.gone_jobs:,.0f} tombstones, which stay for {_TOMBSTONE_LIVES:g} lives, a week at most"
    )
    yield Line("redis_keys", needs.keys, "keys", why)
    why = (
        f"kept jobs × {told['bytes_per_job']:,.0f} bytes (at {told['kept_jobs']:,.0f} jobs) + tombstones × "
        f"{told['bytes_per_gone_job']:.0f}, × {HEADROOM:g} for fragmentation and rewriting the journal"
    )
    yield Line("redis_memory", needs.memory_bytes / _GIB, "GiB", why, "assumed")
    if needs.shares > 1:
        why = f"{needs.shares_by_time} by its time, {needs.shares_by_memory} by memory of {demand.redis_gib:g} GiB each"
    else:
        why = f"one does, by its time and by memory of {demand.redis_gib:g} GiB"
    yield Line("redis_shares", needs.shares, "Redis, each with tenants of its own", why, "assumed")


def _restart(needs: RecordNeeds, costs: Costs) -> Iterator[Line]:
    told, each = costs.record, needs.kept_jobs / needs.shares
    why = "journal written anew, by its size per kept job, without tombstones; up to twice that on the disk in between"
    yield Line("journal", told["journal_mb"] / told["kept_jobs"] * each / 1000, "GB each", why)
    load_s = told["load_cpu_s"] / told["kept_jobs"]
    why = f"{1e6 * load_s:.0f} µs a kept job, extrapolated, without tombstones; a replica that takes over needs none"
    yield Line("redis_restart", load_s * each, "s", why, "assumed")
