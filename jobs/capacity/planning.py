"""The plan as a whole: pure functions of a demand and of measured costs, joined in the order in which one is needed."""

import math
from collections.abc import Mapping

from jobs.capacity.costs import Costs, read_costs
from jobs.capacity.demand import Demand
from jobs.capacity.document import CapacityPlan
from jobs.capacity.money import money_lines
from jobs.capacity.record import RecordNeeds, plan_record, record_lines
from jobs.capacity.serving import ServingNeeds, plan_serving, serving_lines
from jobs.capacity.walls import walls, warnings_of
from jobs.capacity.workers import plan_fleet, worker_lines

_DAY_S = 86_400
_MIB = 2**20
_LEAST_PENDING, _ROOM = 20_000, 2.0


def plan_capacity(demand: Demand, costs: Costs | None = None) -> CapacityPlan:
    """What the demand needs. Raises ValueError for an operation in the mix whose cost was not measured."""
    costs = costs or read_costs()
    fleet = plan_fleet(demand, costs)
    serving = plan_serving(demand, costs, fleet)
    record = plan_record(demand, costs, fleet.workers, serving.processes)
    groups = {
        "workers": tuple(worker_lines(demand, fleet, costs)),
        "redis": tuple(record_lines(demand, record, costs)),
        "serving": tuple(serving_lines(demand, serving, costs)),
        "money": tuple(money_lines(demand, costs, fleet, record, serving)),
    }
    return CapacityPlan(
        groups=groups,
        settings=_settings(demand, record, serving),
        walls=walls(demand, costs, record, fleet.workers),
        warnings=tuple(warnings_of(demand, costs, record, fleet.p95_wait_s)),
        measured={
            "costs": costs.source,
            "record": costs.record_source,
            "gpu": "not measured" if costs.gpu is None else "measured",
        },
    )


def _settings(demand: Demand, record: RecordNeeds, serving: ServingNeeds) -> Mapping[str, str]:
    """What to set, of one installation; names are those of docs/settings.md, and Redis' own."""
    each = record.shares
    catalogues = demand.photos_per_day * demand.bulk_share / each
    pending = max(_LEAST_PENDING, _ROOM * demand.peak_per_s / each * demand.p95_wait_s, _ROOM * catalogues)
    waiting = min(8192, max(64, _ROOM * serving.waiting_clients / serving.processes))
    bytes_each = record.memory_bytes / each
    return {
        "PACKSHOT_RETENTION_S": str(max(1, round(demand.retention_days * _DAY_S))),
        "PACKSHOT_CONCURRENCY": str(demand.cores_per_worker + 2),
        "PACKSHOT_MAX_WAIT_S": str(max(1, round(demand.p95_wait_s * _ROOM))),
        "PACKSHOT_MAX_PENDING": str(math.ceil(pending)),
        "PACKSHOT_API_WAITING": str(math.ceil(waiting)),
        "redis maxmemory": f"{math.ceil(bytes_each / _MIB)}mb",
        "redis maxmemory-policy": "noeviction",
    }
