"""How much of everything so many photos a day need: workers, Redis, storage, money. Knows no Redis and no network.

`plan_capacity(Demand(...))` is what `packshot capacity`, `GET /v1/operator/capacity` and the console's page show.
"""

from jobs.capacity.costs import Costs, read_costs
from jobs.capacity.demand import Demand
from jobs.capacity.document import CapacityPlan
from jobs.capacity.planning import plan_capacity

__all__ = ["CapacityPlan", "Costs", "Demand", "plan_capacity", "read_costs"]
