"""Who of the workers lives, by what they announce in Redis. Knows neither why they announce nor who wants to know.

`packshot:workers` is a sorted set of owners by their last beat; `packshot:worker:<owner>` says what one runs on.
"""

from typing import cast

import redis

from jobs.names import KEY_PREFIX

LIVENESS_MS = 30_000
"""Who has not announced itself for so long, by Redis' clock, lives no more."""

WORKERS = f"{KEY_PREFIX}workers"
THREADS = f"{KEY_PREFIX}threads"
"""What lua/patience.lua counted of them last."""


def worker_key(owner: str) -> str:
    """The key of what a worker says of itself."""
    return f"{KEY_PREFIX}worker:{owner}"


def living_owners(connection: redis.Redis) -> tuple[list[str], int]:
    """Those whose last beat is recent, by name, and Redis' time (Unix ms). Raises Redis' own faults."""
    seconds, microseconds = connection.time()
    now_ms = seconds * 1000 + microseconds // 1000
    return sorted(cast("list[str]", connection.zrangebyscore(WORKERS, now_ms - LIVENESS_MS, "+inf"))), now_ms
