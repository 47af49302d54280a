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
_SWEEPS_PER_S = 1.25  # of all workers together: they take turns (worker/reaper.py)


@dataclass(frozen=True)
class RecordNeeds:
    """``shares`` is how many Redis it takes, each with tenants of its own: one, as long as no wall is met."""

    us_per_photo: float
    us_per_s_of_fleet: float
    busy_at_peak: float
    kept_jobs: float
    memory_bytes: float
    shares_by_time: int
    shares_by_memory: int

    @property
    def shares(self) -> int:
        """Installations."""
        return max(self.shares_by_time, self.shares_by_memory)


def plan_record(demand: Demand, costs: Costs, workers: int, api_processes: int) -> RecordNeeds:
    """The load of the busiest hour, and what is kept of so many days."""
    told = costs.record
    per_photo = costs.job["redis_us"] + told["expire_us"] + demand.polls_per_photo * 2 * told["view_us"]
    per_photo += PUBLISHES * told["listener_us"] * max(0, api_processes - 1)
    fleet = workers * costs.idle_per_s["redis_us"] + _SWEEPS_PER_S * told["idle_sweep_us"]
    busy = (demand.peak_per_s * per_photo + fleet) / 1e6
    kept = demand.photos_per_day * demand.retention_days + demand.peak_per_s * demand.p95_wait_s
    gone = demand.photos_per_day * min(7.0, 7 * demand.retention_days)
    memory = (kept * told["bytes_per_job"] + gone * told["bytes_per_gone_job"]) * HEADROOM
    return RecordNeeds(
        us_per_photo=per_photo,
        us_per_s_of_fleet=fleet,
        busy_at_peak=busy,
        kept_jobs=kept,
        memory_bytes=memory,
        shares_by_time=math.ceil(busy / BUSY),
        shares_by_memory=math.ceil(memory / (demand.redis_gib * _GIB)),
    )


def record_lines(demand: Demand, needs: RecordNeeds, costs: Costs) -> Iterator[Line]:
    """Time, memory, keys, the journal and a restart."""
    told = costs.record
    why = (
        f"{costs.job['redis_us']:.0f} µs through the service ({costs.source}) + end of life {told['expire_us']:.0f} + "
        f"{demand.polls_per_photo:g} polls × {2 * told['view_us']:.0f} + {PUBLISHES} changes × "
        f"{told['listener_us']:.1f} for each further API process ({costs.record_source})"
    )
    yield Line("redis_time", needs.us_per_photo, "µs a photo", why)
    commands = costs.job["redis_commands"] * demand.peak_per_s
    yield Line(
        "redis_commands",
        commands,
        "commands/s",
        f"{costs.job['redis_commands']:.0f} a photo, within scripts too, × peak rate",
    )
    own = needs.us_per_s_of_fleet / 1e6
    why = f"peak rate × that + {own:.1%} of a thread for the workers themselves; {BUSY:.0%} is the most"
    yield Line("redis_busy", 100 * needs.busy_at_peak, "% of its one thread", why)
    yield Line(
        "kept_jobs", needs.kept_jobs, "jobs", f"photos a day × {demand.retention_days:g} days, and what waits", "given"
    )
    yield Line("redis_keys", needs.kept_jobs * told["keys_per_job"], "keys", f"{told['keys_per_job']:.1f} a kept job")
    why = (
        f"kept jobs × {told['bytes_per_job']:,.0f} bytes (at {told['kept_jobs']:,.0f} jobs) + tombstones of a week × "
        f"{told['bytes_per_gone_job']:.0f}, × {HEADROOM:g} for fragmentation and rewriting the journal"
    )
    yield Line("redis_memory", needs.memory_bytes / _GIB, "GiB", why, "assumed")
    if needs.shares > 1:
        why = f"{needs.shares_by_time} by its time, {needs.shares_by_memory} by memory of {demand.redis_gib:g} GiB each"
    else:
        why = f"one does, by its time and by memory of {demand.redis_gib:g} GiB"
    yield Line("redis_shares", needs.shares, "Redis, each with tenants of its own", why, "assumed")
    each = needs.kept_jobs / needs.shares
    journal = told["journal_mb"] / told["kept_jobs"] * each / 1000
    yield Line(
        "journal",
        journal,
        "GB each",
        "journal written anew, by its size per kept job; up to twice that on the disk in between",
    )
    load = told["load_cpu_s"] / told["kept_jobs"] * each
    us_each = 1e6 * told["load_cpu_s"] / told["kept_jobs"]
    why = f"{us_each:.0f} µs a kept job, extrapolated; a replica that takes over needs none of it"
    yield Line("redis_restart", load, "s", why, "assumed")
