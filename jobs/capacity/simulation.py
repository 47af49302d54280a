"""Jobs that come, wait for a core, and run: the queue itself, on a clock of its own, to hold the formulas against."""

import heapq
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Service:
    """How long jobs take on one core: kinds as (share of all, mean in s), and the squared variation within a kind."""

    kinds: tuple[tuple[float, float], ...]
    within_squared: float

    @property
    def mean_s(self) -> float:
        """Over all kinds."""
        return sum(share * mean_s for share, mean_s in self.kinds)

    @property
    def variation_squared(self) -> float:
        """Variance over the squared mean, of all jobs."""
        second = sum(share * mean_s**2 * (1 + self.within_squared) for share, mean_s in self.kinds)
        return second / self.mean_s**2 - 1

    def draw(self, chance: random.Random) -> float:
        """One job's time: lognormal within its kind, as photos' sizes are."""
        mean_s = chance.choices([mean_s for _, mean_s in self.kinds], [share for share, _ in self.kinds])[0]
        if self.within_squared <= 0:
            return mean_s
        sigma_squared = math.log(1 + self.within_squared)
        return mean_s * math.exp(chance.gauss(-sigma_squared / 2, math.sqrt(sigma_squared)))


def waits_s(per_s: float, cores: int, service: Service, *, jobs: int = 20_000, seed: int = 7) -> Sequence[float]:
    """The waits of so many jobs that come at random, first come first served, sorted; the first tenth warms it up."""
    chance = random.Random(seed)  # noqa: S311  (a simulation, the same at each call)
    free_at = [0.0] * min(cores, jobs)  # more cores than jobs are never needed
    now, waits = 0.0, []
    for _ in range(jobs):
        now += chance.expovariate(per_s)
        begins = max(now, free_at[0])
        heapq.heapreplace(free_at, begins + service.draw(chance))
        waits.append(begins - now)
    return sorted(waits[jobs // 10 :])


def p95(values: Sequence[float]) -> float:
    """Of sorted values, what 95 of 100 do not exceed."""
    return values[min(len(values) - 1, math.ceil(0.95 * len(values)) - 1)]
