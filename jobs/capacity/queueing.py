"""How long jobs wait before one of many cores: M/G/k by Erlang's formula, and the correction of Allen and Cunneen.

The mean wait of M/M/k, times half of one plus the squared variation of service times; a wait beyond t falls off like
exp(-t/mean of those that wait). `simulation.py` holds the rule against jobs that really queue (and its test, too).
"""

import math
from dataclasses import dataclass

from jobs.capacity.simulation import Service

TOO_LONG = 0.05
"""Of all jobs, those that may wait for longer than the p95."""

_EXACT_UP_TO = 2_000

BULK_FIRST = 1 / 8
"""The part of the claims that look at catalogues first (``BULK_TURN`` of lua/claim.lua)."""


@dataclass(frozen=True)
class Rule:
    """What the cores have to keep: a wait, the most of their time that is used, and how many come as one worker."""

    p95_wait_s: float
    utilisation: float
    step: int
    behind_bulk: bool = False


def erlang_c(cores: int, load: float) -> float:
    """The part of the jobs that has to wait; ``load`` is how many cores would be busy on average.

    Beyond some thousand cores by the limit of Halfin and Whitt, which takes no loop.
    """
    if load >= cores:
        return 1.0
    if cores > _EXACT_UP_TO:
        spare = (cores - load) / math.sqrt(load)
        density = math.exp(-(spare**2) / 2) / math.sqrt(2 * math.pi)
        below = (1 + math.erf(spare / math.sqrt(2))) / 2
        return density / (density + spare * below)
    blocked = 1.0  # Erlang's B, by its recurrence over cores: neither factorials nor powers overflow
    for busy in range(1, cores + 1):
        blocked = load * blocked / (busy + load * blocked)
    return blocked / (1 - load / cores * (1 - blocked))


def p95_wait_s(cores: int, load: float, service: Service, *, behind_bulk: bool = False) -> float:
    """The wait that 95 of 100 jobs stay below (s); infinite where more comes than is done.

    ``behind_bulk``: catalogues keep every core busy, so each click waits for one to come free, and some of those go to
    catalogues first.
    """
    usable = cores * (1 - BULK_FIRST) if behind_bulk else float(cores)
    if load >= usable:
        return math.inf
    waiting = 1.0 if behind_bulk else erlang_c(cores, load)
    if waiting <= TOO_LONG:
        return 0.0
    mean_of_waiting_s = service.mean_s * (1 + service.variation_squared) / 2 / (usable - load)
    return mean_of_waiting_s * math.log(waiting / TOO_LONG)


def fewest_cores(load: float, service: Service, rule: Rule) -> int:
    """As few cores as the rule allows, in whole workers of ``rule.step``."""

    def is_enough(workers: int) -> bool:
        cores = workers * rule.step
        if load > rule.utilisation * cores:
            return False
        return p95_wait_s(cores, load, service, behind_bulk=rule.behind_bulk) <= rule.p95_wait_s

    enough = 1
    while not is_enough(enough):
        enough *= 2
    short = enough // 2
    while enough - short > 1:
        between = (short + enough) // 2
        short, enough = (short, between) if is_enough(between) else (between, enough)
    return enough * rule.step
