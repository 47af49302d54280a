"""A plan in a few lines, before all of its figures and reasons: what to order, and what it comes to."""

from collections.abc import Iterator

from jobs.capacity.demand import Demand, stand_ins
from jobs.capacity.document import CapacityPlan


def summary(demand: Demand, plan: CapacityPlan) -> list[str]:
    """Workers, machines, Redis, storage and money, a line each, from the plan's own figures; and what was assumed."""
    return [f"{name:<8}  {told}" for name, told in _told(demand, plan)]


def _told(demand: Demand, plan: CapacityPlan) -> Iterator[tuple[str, str]]:
    def shown(name: str) -> str:
        return plan.line(name).shown

    workers, servers, records = (int(plan.value(name)) for name in ("workers", "api_processes", "redis_shares"))
    each = demand.cores_per_worker
    spare = f", {demand.spare_workers} of them spare" if demand.spare_workers else ""
    yield "workers", f"{shown('workers')} of {each} cores and {shown('worker_memory')}{spare}"
    cores = workers * each + servers + 2 * records
    yield (
        "machines",
        f"{cores:,} cores: {workers * each:,} of workers, {servers:,} of the API, {2 * records:,} of Redis",
    )
    yield "Redis", f"{shown('redis_memory')} of memory, {shown('redis_shares') if records > 1 else '1 Redis'}"
    yield "storage", f"{shown('storage')}; {shown('egress')} are fetched"
    yield "money", _money(plan)
    for name, others in stand_ins(demand.mix).items():
        yield "assumed", f"{name} costs what {others} cost on every photo, which is the most that it does"


def _money(plan: CapacityPlan) -> str:
    day, thousand = plan.line("total"), plan.line("total_per_1000")
    if day.value is None:
        return "no price given, such as --cpu-price 0.04/core-hour"
    return ", ".join(filter(None, (day.shown, thousand.shown, day.why.partition("; ")[2])))
