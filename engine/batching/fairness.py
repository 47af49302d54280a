"""Fair shares of the device: how much each tenant has had, and in which order a tenant's own works come."""

import math
from dataclasses import dataclass

from engine.batching.units import Work


class FairShares:
    """A counter per tenant that has work, in pixels the network saw for it; the lowest counter goes first.

    This is deficit round robin with a quantum of one unit: a counter's distance from the highest is the tenant's
    deficit. Who arrives starts level with the lowest counter, so that idle time earns no credit, and is forgotten with
    its last work, so that memory is bounded by the work at hand.
    """

    def __init__(self) -> None:
        self._served: dict[str, float] = {}
        self._works: dict[str, int] = {}

    def arrive(self, tenant: str) -> None:
        """Count one more work of the tenant."""
        self._served.setdefault(tenant, min(self._served.values(), default=0.0))
        self._works[tenant] = self._works.get(tenant, 0) + 1

    def leave(self, tenant: str) -> None:
        """Count one work of the tenant less."""
        self._works[tenant] -= 1
        if not self._works[tenant]:
            del self._works[tenant], self._served[tenant]

    def charge(self, tenant: str, cost_px: float) -> None:
        """Note what the tenant was given."""
        self._served[tenant] += cost_px

    def served(self, tenant: str) -> float:
        """The tenant's counter."""
        return self._served[tenant]


@dataclass(frozen=True, slots=True)
class Urgency:
    """What makes a work urgent at `now`: its priority, unless all are `level` in this batch, and a near deadline.

    A deadline further away than `near_s` does not count: else a catalogue with a date would stand before every click
    without one.
    """

    now: float
    near_s: float
    level: bool = False

    def of(self, work: Work) -> tuple[float, float]:
        """The work's rank; the lowest is the most urgent."""
        deadline = work.ticket.deadline
        near = deadline is not None and deadline - self.now <= self.near_s
        priority = 0 if self.level else work.ticket.priority
        return priority, deadline if near and deadline is not None else math.inf


class Queues:
    """The works that may fill one batch, a sorted queue per tenant; the order of `lead` is the engine's whole policy.

    Between tenants: priority, then a deadline that is near, then the share had so far. Within a tenant:
    priority, near deadline, then the finish tag (share had at arrival + own cost): a thumbnail overtakes a 40-megapixel
    photo begun before it, equal works go first come first served, and nothing is overtaken for ever.
    """

    def __init__(self, works: list[Work], shares: FairShares, urgency: Urgency) -> None:
        self._shares = shares
        self._urgency = urgency
        self._queues: dict[str, list[Work]] = {}
        for work in sorted(works, key=lambda work: (*urgency.of(work), work.finish_tag, work.order), reverse=True):
            self._queues.setdefault(work.ticket.tenant, []).append(work)

    def __bool__(self) -> bool:
        return bool(self._queues)

    def lead(self) -> Work:
        """The work whose unit comes next."""
        return min((queue[-1] for queue in self._queues.values()), key=self._rank)

    def charge(self, work: Work, cost_px: float, *, used_up: bool) -> None:
        """Charge the tenant for the unit just taken from its first work, and forget a work that is used up."""
        tenant = work.ticket.tenant
        self._shares.charge(tenant, cost_px)
        if not used_up:
            return
        queue = self._queues[tenant]
        queue.pop()
        if not queue:
            del self._queues[tenant]

    def _rank(self, work: Work) -> tuple[float, ...]:
        return (*self._urgency.of(work), self._shares.served(work.ticket.tenant), work.order)
