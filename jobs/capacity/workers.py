"""How many workers, and what they are told: from the cost of a photo, the busiest hour and the wait that is allowed."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from jobs.capacity.costs import Costs, WorkCost
from jobs.capacity.demand import Demand, read_mix
from jobs.capacity.document import Line, Source
from jobs.capacity.queueing import Rule, fewest_cores, p95_wait_s
from jobs.capacity.simulation import Service, p95, waits_s

SIZES_VARY = 0.5
"""Squared variation of the times of one kind, as photos differ in size. Assumed: nobody measured a shop's own."""

_MOST_SIMULATED = 2_000
_ENOUGH_JOBS = 20


@dataclass(frozen=True)
class Fleet:
    """The workers that a demand needs, and what they do."""

    cores: int
    workers: int
    mean_s: float
    spread_s: float
    busy_at_peak: float
    p95_wait_s: float
    simulated_p95_s: float | None
    worked_mp: float
    result_mp: float
    longest_s: float

    @property
    def run_s(self) -> float:
        """How long a photo takes on one core, all kinds together."""
        return self.mean_s


def plan_fleet(demand: Demand, costs: Costs, *, simulate: bool = True) -> Fleet:
    """The fewest workers that keep the wait and the utilisation, and the spare ones. Raises ValueError (the mix)."""
    kinds = [(work.share, costs.of(work, demand.megapixels, demand.renditions)) for work in read_mix(demand.mix)]
    service = Service(
        tuple((share, cost.seconds / demand.core_speed) for share, cost in kinds), within_squared=SIZES_VARY
    )
    clicks_per_s = demand.peak_per_s * (1 - demand.bulk_share)
    load, behind = clicks_per_s * service.mean_s, demand.bulk_share > 0
    rule = Rule(demand.p95_wait_s, demand.utilisation, demand.cores_per_worker, behind)
    cores = fewest_cores(load, service, rule)
    all_day = demand.mean_per_s * service.mean_s / demand.utilisation  # catalogues fill what clicks leave
    workers = max(cores // demand.cores_per_worker, math.ceil(all_day / demand.cores_per_worker))
    cores = workers * demand.cores_per_worker
    return Fleet(
        cores=cores,
        workers=workers + demand.spare_workers,
        mean_s=service.mean_s,
        spread_s=_mean(kinds, "spread_s") / demand.core_speed,
        busy_at_peak=load / cores,
        p95_wait_s=p95_wait_s(cores, load, service, behind_bulk=behind),
        simulated_p95_s=None if behind or not simulate else _simulated(clicks_per_s, cores, service),
        worked_mp=_mean(kinds, "worked_mp"),
        result_mp=_mean(kinds, "result_mp"),
        longest_s=max(cost.seconds for _, cost in kinds) / demand.core_speed,
    )


def worker_lines(demand: Demand, fleet: Fleet, costs: Costs) -> Iterator[Line]:
    """Cores, workers, memory, and how an autoscaler is to be set."""
    speed = "" if demand.core_speed == 1 else f" / core_speed {demand.core_speed:g}"
    yield Line(
        "cpu_per_photo", fleet.mean_s, "core s", f"mean of the mix at {demand.megapixels:g} MP{speed}; {costs.source}"
    )
    doubt = fleet.spread_s / fleet.mean_s
    yield Line("cpu_doubt", 100 * doubt, "%", "the farthest that a measured point lay from the line laid through it")
    yield Line(
        "peak_rate",
        demand.peak_per_s,
        "photos/s",
        f"{demand.photos_per_day:,} / 86,400 s × peak {demand.peak:g}",
        "given",
    )
    why = (
        f"peak rate × seconds a photo = {demand.peak_per_s * (1 - demand.bulk_share) * fleet.mean_s:.1f} busy cores; "
        f"M/G/k, at most {demand.utilisation:.0%} busy, p95 wait ≤ {demand.p95_wait_s:g} s"
    )
    yield Line("cores", fleet.cores, "cores", why, "assumed")
    few, many = (math.ceil(fleet.workers * (1 + sign * doubt)) for sign in (-1, 1))
    spare = f"{demand.spare_workers} spare"
    why = f"{fleet.cores} / {demand.cores_per_worker} cores a worker + {spare}; {few} to {many} by the doubt"
    yield Line("workers", fleet.workers, "workers", why, "assumed")
    yield Line(
        "busy_at_peak", 100 * fleet.busy_at_peak, "%", "busy cores / cores, clicks alone, no worker missing", "assumed"
    )
    yield Line(
        "p95_wait",
        fleet.p95_wait_s,
        "s",
        f"Erlang C, Allen–Cunneen; times vary by c² {SIZES_VARY:g} within a kind",
        "assumed",
    )
    yield _checked(fleet)
    yield from _memory(demand, fleet, costs)
    yield _gpus(demand, fleet, costs)
    yield from _scaling(demand, fleet)


def _checked(fleet: Fleet) -> Line:
    why = "20,000 jobs or more queueing for these cores, on a clock of their own"
    if fleet.simulated_p95_s is None:
        return Line(
            "p95_wait_simulated",
            None,
            "s",
            f"{why}; not behind catalogues, nor beyond 2,000 cores",
            text="not simulated",
        )
    return Line("p95_wait_simulated", fleet.simulated_p95_s, "s", why, "assumed")


def _memory(demand: Demand, fleet: Fleet, costs: Costs) -> Iterator[Line]:
    idle_mib, threads = costs.memory["idle_mib"], demand.cores_per_worker + 2
    per_mp = max(costs.mib_per_mp(work) for work in read_mix(demand.mix))
    mib = idle_mib + per_mp * demand.megapixels * threads
    why = (
        f"{idle_mib:.0f} MiB with its networks + {per_mp:.0f} MiB a megapixel × {demand.megapixels:g} MP × {threads} "
        "jobs at once; a single job of each kind was measured"
    )
    yield Line("worker_memory", mib / 1024, "GiB", why, "assumed")
    yield Line("workers_memory", mib / 1024 * fleet.workers, "GiB", "× workers", "assumed")


def gpu_speed(demand: Demand, costs: Costs) -> tuple[float, Source] | None:
    """Megapixels of operations that one GPU does in a second. Never a guess: measured, or given, or there is none."""
    if demand.gpu_megapixels_per_s is not None:
        return demand.gpu_megapixels_per_s, "given"
    return None if costs.gpu is None else (costs.gpu["megapixels_per_s"], "measured")


def gpu_s_per_photo(fleet: Fleet, speed: float) -> float:
    """Seconds of one GPU: the megapixels of all operations on a photo, by the speed that is told in the same."""
    return fleet.worked_mp / speed


def _gpus(demand: Demand, fleet: Fleet, costs: Costs) -> Line:
    known = gpu_speed(demand, costs)
    if known is None:
        why = "no figure of Packshot on a GPU exists (docs/gpu.md); give gpu_megapixels_per_s of a trial of your own"
        return Line("gpus", None, "GPUs", why)
    speed, source = known
    busy = demand.peak_per_s * gpu_s_per_photo(fleet, speed)
    gpus = math.ceil(busy / demand.utilisation) + demand.spare_workers
    why = (
        f"{demand.peak_per_s * fleet.worked_mp:.1f} megapixels/s of operations at the peak / {speed:g} / "
        f"{demand.utilisation:.0%} + {demand.spare_workers} spare; cores for decoding and encoding come on top"
    )
    return Line("gpus", gpus, "GPUs", why, source)


def _scaling(demand: Demand, fleet: Fleet) -> Iterator[Line]:
    """For KEDA: by pending megapixels, and by the age of the oldest."""
    serving = max(1, fleet.workers - demand.spare_workers)
    night = max(1, math.ceil(serving / demand.peak / 2)) + min(1, demand.spare_workers)
    yield Line(
        "replicas_min",
        night,
        "workers",
        "half of what the mean needs, for the night, + 1 where there are spare ones",
        "assumed",
    )
    yield Line("replicas_max", fleet.workers, "workers", "as above", "assumed")
    per_worker = demand.cores_per_worker / fleet.mean_s * demand.megapixels
    pending = per_worker * min(demand.p95_wait_s, 600) / 2
    why = f"{per_worker:.2f} megapixels of photos/s a worker × half of the allowed wait"
    yield Line("pending_megapixels_per_worker", pending, "MP", why, "assumed")
    yield Line(
        "oldest_pending",
        demand.p95_wait_s / 2,
        "s",
        "half of the allowed wait: a new worker takes its time to start",
        "assumed",
    )


def _simulated(per_s: float, cores: int, service: Service) -> float | None:
    if cores > _MOST_SIMULATED:
        return None
    return p95(waits_s(per_s, cores, service, jobs=max(20_000, _ENOUGH_JOBS * cores)))


def _mean(kinds: list[tuple[float, WorkCost]], name: str) -> float:
    return sum(share * float(getattr(cost, name)) for share, cost in kinds)
