"""What it comes to, by the prices that were given; without a price there is no amount."""

from collections.abc import Iterator

from jobs.capacity.costs import Costs
from jobs.capacity.demand import Demand
from jobs.capacity.document import Line
from jobs.capacity.record import RecordNeeds
from jobs.capacity.serving import ServingNeeds
from jobs.capacity.workers import Fleet, gpu_s_per_photo, gpu_speed

_GIB = 2**30
_HOURS = 24
_MONTH_DAYS = 365.25 / 12


def money_lines(
    demand: Demand, costs: Costs, fleet: Fleet, record: RecordNeeds, serving: ServingNeeds
) -> Iterator[Line]:
    """Per day, and of 1,000 photos, for a fleet that always stands and for one that follows the day."""
    cores = fleet.workers * demand.cores_per_worker + serving.processes + 2 * record.shares
    mean_cores = demand.mean_per_s * fleet.mean_s / demand.utilisation
    per_1000 = 1000 * fleet.mean_s / 3600 / demand.utilisation
    yield _amount(
        "cpu_per_1000",
        demand.cpu_price,
        per_1000,
        f"1,000 × {fleet.mean_s:.3g} core s / {demand.utilisation:.0%} busy = {per_1000:.3g} core hours × price; "
        "workers alone",
        unit="per 1,000 photos",
    )
    yield _gpu(demand, fleet, costs)
    parts = [
        _amount(
            "cpu_standing",
            demand.cpu_price,
            cores * _HOURS,
            f"{cores} cores (workers, API, 2 for each Redis) × 24 h × price",
        ),
        _amount("redis_memory_price", demand.memory_price, record.memory_bytes / _GIB * _HOURS, "GiB × 24 h × price"),
        _amount(
            "storage_price", demand.storage_price, serving.stored_bytes / 1e9 / _MONTH_DAYS, "GB × price / 30.4 days"
        ),
        _amount("egress_price", demand.egress_price, serving.egress_bytes_per_day / 1e9, "GB a day × price"),
    ]
    yield from parts
    yield _amount(
        "cpu_scaled",
        demand.cpu_price,
        (mean_cores + serving.processes + 2 * record.shares) * _HOURS,
        f"in place of the standing fleet, where it follows the day: {mean_cores:.1f} cores of workers on average",
    )
    known = [part.value for part in parts if part.value is not None]
    missing = [part.name for part in parts if part.value is None]
    why = "of the standing fleet" + (f"; without {', '.join(missing)}: no price given" if missing else "")
    total = sum(known) if known else None
    yield _told("total", total, "per day", why)
    yield _told("total_per_1000", total and 1000 * total / demand.photos_per_day, "per 1,000 photos", why)


def _gpu(demand: Demand, fleet: Fleet, costs: Costs) -> Line:
    known = gpu_speed(demand, costs)
    if known is None:
        return Line("gpu_per_1000", None, "per 1,000 photos", "no figure of Packshot on a GPU exists (docs/gpu.md)")
    speed, source = known
    worked = 1000 * gpu_s_per_photo(fleet, speed) / 3600 / demand.utilisation
    why = (
        f"1,000 × {fleet.worked_mp:.3g} megapixels of operations / {speed:g} a second ({source}) / "
        f"{demand.utilisation:.0%} busy = {worked:.3g} GPU hours × price; cores beside the GPU are not in it"
    )
    return _amount("gpu_per_1000", demand.gpu_price, worked, why, unit="per 1,000 photos")


def _amount(name: str, price: float | None, amount: float, why: str, unit: str = "per day") -> Line:
    return _told(name, None if price is None else price * amount, unit, why)


def _told(name: str, value: float | None, unit: str, why: str) -> Line:
    return Line(name, value, unit, why, "given", text="no price given" if value is None else None)
