"""What an operator is told of all jobs: how long those took that ended last, and what went wrong."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jobs.problems import Problem

RECENT_MS = 5 * 60 * 1000
"""How far back the jobs are counted that end in a minute."""

KEPT = 1000
"""How many ends, and how many failures, the record remembers (``NOTED`` of ``jobs/lua/ending.lua``)."""


@dataclass(frozen=True)
class Pending:
    """How many jobs of a class wait for a worker that serves their route; ``ANY`` of jobs/routes.py that all serve."""

    priority: str
    route: str
    jobs: int


@dataclass(frozen=True)
class Backlog:
    """How much there is to do at one moment; ``oldest_pending_s`` is None where nothing waits.

    ``pending`` is by class, whatever the route; ``lanes`` by both, those of any worker first.
    """

    pending: Mapping[str, int]
    running: int
    delayed: int
    dead: int
    open_batches: int
    hints_waiting: int
    oldest_pending_s: float | None
    now_ms: int
    lanes: tuple[Pending, ...] = ()


@dataclass(frozen=True)
class End:
    """One job's end, in Redis' Unix milliseconds: how long it waited for its last attempt, ran in it, and took in all.

    From its submission; of one that an operator let try again, from then.
    """

    at_ms: int
    wait_ms: int
    run_ms: int
    total_ms: int


@dataclass(frozen=True)
class Quantiles:
    """Half of the values are at most ``p50``, and 95 of 100 at most ``p95``; None of no values."""

    p50: float | None
    p95: float | None


@dataclass(frozen=True)
class Failure:
    """A job that failed or expired; ``dead`` while it is on the list of those that gave up."""

    job_id: str
    tenant: str
    problem: Problem
    attempt: int
    finished_ms: int
    dead: bool


@dataclass(frozen=True)
class FailurePage:
    """Failures, newest first; ``cursor`` asks for more, None at the end."""

    items: tuple[Failure, ...]
    cursor: str | None


@dataclass(frozen=True)
class FailureKind:
    """How many of the failures remembered had one problem, and the newest of them."""

    slug: str
    count: int
    last_ms: int
    last_job: str
    recent: int = 0
    """How many of them in the last ``RECENT_MS``."""


@dataclass(frozen=True)
class TenantLoad:
    """A tenant's jobs that have not ended, and those of them that could be claimed now."""

    tenant: str
    active: int
    pending: int


def quantiles(values: Sequence[float]) -> Quantiles:
    """By the nearest rank: each is one of the values."""
    if not values:
        return Quantiles(None, None)
    ranked = sorted(values)
    p50, p95 = (ranked[math.ceil(share * len(ranked)) - 1] for share in (0.5, 0.95))
    return Quantiles(p50, p95)


def jobs_per_minute(ends: Sequence[End], now_ms: int) -> float:
    """How many jobs ended in a minute, in the last five, or in as much of that as the ends (newest first) tell."""
    recent = [end for end in ends if end.at_ms > now_ms - RECENT_MS]
    span_ms = now_ms - recent[-1].at_ms if len(recent) == KEPT else RECENT_MS
    return round(len(recent) * 60_000 / max(span_ms, 1000), 2)
