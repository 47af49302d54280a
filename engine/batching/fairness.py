"""Fair shares of the device: how much each tenant has had, and in which order a tenant's own works come."""

import math
from collections import Counter
from dataclasses import dataclass

from engine.batching.units import Work


class FairShares:
    """A counter per priority and tenant that has work, in pixels the network saw for it; the lowest goes first.

    This is deficit round robin with a quantum of one unit: a counter's distance from the highest is the tenant's
    deficit. Who arrives starts level with the lowest counter of the same priority, so that idle time earns no credit
    and a waiting catalogue's low counter no click an advantage over the clicks before it; and is forgotten with its
    last work, so that memory is bounded by the work at hand.
    """

    def __init__(self) -> None:
        self._served: dict[int, dict[str, float]] = {}
        self._works: Counter[tuple[int, str]] = Counter()

    def arrive(self, work: Work) -> None:
        """Count one more work of its tenant."""
        priority, tenant = work.ticket.priority, work.ticket.tenant
        served = self._served.setdefault(priority, {})
        served.setdefault(tenant, min(served.values(), default=0.0))
        self._works[priority, tenant] += 1

    def leave(self, work: Work) -> None:
        """Count one work of its tenant less."""
        priority, tenant = work.ticket.priority, work.ticket.tenant
        self._works[priority, tenant] -= 1
        if not self._works[priority, tenant]:
            del self._works[priority, tenant], self._served[priority][tenant]

    def charge(self, work: Work, cost_px: float) -> None:
        """Note what its tenant was given."""
        self._served[work.ticket.priority][work.ticket.tenant] += cost_px

    def served(self, work: Work) -> float:
        """Its tenant's counter."""
        return self._served[work.ticket.priority][work.ticket.tenant]


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
    photo begun before it, equal works go first come first served, and nothing is overtaken for ever. When the urgency
    is level, the shares of different priorities cannot be compared: age decides instead of both.
    """

    def __init__(self, works: list[Work], shares: FairShares, urgency: Urgency) -> None:
        self._shares = shares
        self._urgency = urgency
        self._queues: dict[str, list[Work]] = {}
        for work in sorted(works, key=self._place, reverse=True):
            self._queues.setdefault(work.ticket.tenant, []).append(work)

    def __bool__(self) -> bool:
        return bool(self._queues)

    def lead(self) -> Work:
        """The work whose unit comes next."""
        return min((queue[-1] for queue in self._queues.values()), key=self._rank)

    def charge(self, work: Work, cost_px: float, *, used_up: bool) -> None:
        """Charge the tenant for the unit just taken from its first work, and forget a work that is used up."""
        tenant = work.ticket.tenant
        self._shares.charge(work, cost_px)
        if not used_up:
            return
        queue = self._queues[tenant]
        queue.pop()
        if not queue:
            del self._queues[tenant]

    def _rank(self, work: Work) -> tuple[float, ...]:
        share = 0.0 if self._urgency.level else self._shares.served(work)
        return (*self._urgency.of(work), share, work.order)

    def _place(self, work: Work) -> tuple[float, ...]:
        tag = 0.0 if self._urgency.level else work.finish_tag
        return (*self._urgency.of(work), tag, work.order)
