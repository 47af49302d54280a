"""Which workers are alive, from the hashes that they keep fresh in Redis."""

import json
from dataclasses import dataclass
from typing import Any, cast

import redis

WORKERS = "packshot:worker:*"


@dataclass(frozen=True)
class WorkerPresence:
    """A living worker: its backend, and the models it serves by name."""

    owner: str
    backend: str
    models: dict[str, Any]


def living_workers(connection: redis.Redis) -> list[WorkerPresence]:
    """All workers whose hash has not run out, by owner."""
    names = sorted(cast("list[str]", list(connection.scan_iter(match=WORKERS, count=1000))))
    found = ((name, cast("dict[str, str]", connection.hgetall(name))) for name in names)
    return [_presence(name, fields) for name, fields in found if fields]


def _presence(name: str, fields: dict[str, str]) -> WorkerPresence:
    owner = name.removeprefix(WORKERS.rstrip("*"))
    return WorkerPresence(owner, fields.get("backend", ""), json.loads(fields.get("models", "{}")))
