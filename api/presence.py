"""Which workers are alive, from what they announce in Redis: owners by their last beat, and a hash of facts each."""

import json
from dataclasses import dataclass
from typing import Any, cast

import redis

WORKERS = "packshot:workers"
LIVENESS_MS = 30_000  # who has not announced itself for so long, by Redis' clock, lives no more


@dataclass(frozen=True)
class WorkerPresence:
    """A living worker: its backend, the models it serves by name, and how many jobs it runs at once."""

    owner: str
    backend: str
    models: dict[str, Any]
    threads: int = 1


def living_workers(connection: redis.Redis) -> list[WorkerPresence]:
    """All workers whose last beat is recent and whose facts are there, by owner. Costs as much as there are workers."""
    seconds, microseconds = connection.time()
    oldest = seconds * 1000 + microseconds // 1000 - LIVENESS_MS
    owners = sorted(cast("list[str]", connection.zrangebyscore(WORKERS, oldest, "+inf")))
    with connection.pipeline(transaction=False) as pipeline:
        for owner in owners:
            pipeline.hgetall(f"packshot:worker:{owner}")
        facts = cast("list[dict[str, str]]", pipeline.execute())
    return [_presence(owner, fields) for owner, fields in zip(owners, facts, strict=True) if fields]


def _presence(owner: str, fields: dict[str, str]) -> WorkerPresence:
    models = json.loads(fields.get("models", "{}"))
    return WorkerPresence(owner, fields.get("backend", ""), models, int(fields.get("threads", 1)))
