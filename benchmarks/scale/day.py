"""Two days of a fleet on a clock of its own: photos come by the hour, catalogues in bursts, and what waits, runs and is
kept follows.

A model, not a measurement: its costs are those that were measured (jobs/capacity), its day is drawn: few at night, most
in the evening, catalogues in working hours. Steps of ten seconds; within one, claims go seven times of eight to clicks.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

from jobs.capacity import Costs, Demand, plan_capacity
from jobs.capacity.queueing import BULK_FIRST

STEP_S = 10.0
DAYS = 2
_DAY_S = 86_400.0
_NIGHT_H, _DEPTH = 4.0, 0.8  # the quietest hour, and by how much of the mean it swings
_OPEN_H, _CLOSED_H = 8.0, 18.0  # when catalogues are sent
_ROWS_MEAN = 2_000.0
_MOST_ROWS = 10_000.0


@dataclass(frozen=True)
class Moment:
    """The fleet at one time: rates are per second."""

    at_h: float
    arrivals: float
    clicks_waiting: float
    rows_waiting: float
    busy_cores: float
    kept_jobs: float
    ended: float


@dataclass
class _Queue:
    """What waits, of one class, in photos."""

    waiting: float = 0.0

    def take(self, most: float) -> float:
        taken = min(most, self.waiting)
        self.waiting -= taken
        return taken


def live_through(demand: Demand, costs: Costs, seed: int = 11) -> tuple[float, list[Moment]]:
    """→ the fleet's cores, and a moment for every step of two days."""
    plan = plan_capacity(demand, costs)
    cores, seconds = plan.value("cores"), plan.value("cpu_per_photo")
    chance, clicks, rows = random.Random(seed), _Queue(), _Queue()
    per_step, moments = cores * STEP_S / seconds, list[Moment]()
    ended: list[float] = []  # photos of each step, kept for as long as the demand says
    kept_steps = round(demand.retention_days * _DAY_S / STEP_S)
    kept = 0.0
    for step, (clicked, sent) in enumerate(_arrivals(demand, chance)):
        clicks.waiting += clicked
        rows.waiting += sent
        turn = rows.take(per_step * BULK_FIRST)
        done = turn + clicks.take(per_step - turn)
        done += rows.take(per_step - done)
        ended.append(done)
        kept += done - (ended[step - kept_steps] if step >= kept_steps else 0.0)
        at_h, busy = step * STEP_S / 3600, done * seconds / STEP_S
        waiting = (clicks.waiting, rows.waiting)
        moments.append(Moment(at_h, (clicked + sent) / STEP_S, *waiting, busy, kept + sum(waiting), done / STEP_S))
    return cores, moments


def _arrivals(demand: Demand, chance: random.Random) -> Iterator[tuple[float, float]]:
    """Clicks, and rows of catalogues, of each step."""
    clicks_mean = demand.mean_per_s * (1 - demand.bulk_share) * STEP_S
    rows_mean = demand.mean_per_s * demand.bulk_share * STEP_S
    swing = max(_DEPTH, demand.peak - 1)
    shape = [_shape(step * STEP_S / 3600, swing) for step in range(round(_DAY_S / STEP_S))]
    level = len(shape) / sum(shape)
    open_part = (_CLOSED_H - _OPEN_H) / 24
    for step in range(DAYS * len(shape)):
        hour = step * STEP_S / 3600 % 24
        clicks = _poisson(clicks_mean * shape[step % len(shape)] * level, chance)
        open_now = _OPEN_H <= hour < _CLOSED_H
        catalogues = _poisson(rows_mean / open_part / _ROWS_MEAN, chance) if open_now and rows_mean else 0
        yield clicks, sum(min(_MOST_ROWS, chance.expovariate(1 / _ROWS_MEAN)) for _ in range(round(catalogues)))


def _shape(hour: float, swing: float) -> float:
    """A hill whose top stands ``swing`` above the mean, twelve hours from the night's quietest one."""
    wave = (1 - math.cos((hour - _NIGHT_H) / 24 * 2 * math.pi)) / 2
    return float(max(0.05, (1 + swing) * wave ** (swing + 0.5)))


def _poisson(mean: float, chance: random.Random) -> float:
    """Of a large mean by its normal limit."""
    if mean > 50:
        return max(0.0, round(chance.gauss(mean, math.sqrt(mean))))
    count, left = 0, math.exp(-mean) if mean else 1.0
    product = chance.random()
    while product > left:
        count += 1
        product *= chance.random()
    return float(count)
