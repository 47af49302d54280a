"""Which workers are alive, and what each says of itself, for answers and for how long a job will wait."""

import json
import threading
import time
from dataclasses import dataclass
from typing import Any, cast

import redis

from jobs.presence import living_owners, worker_key

KEPT_S = 2.0


@dataclass(frozen=True)
class WorkerPresence:
    """A living worker: its backend, the models it serves by name, and how many jobs it runs at once.

    ``jobs`` are those that it runs now, ``engine`` its figures (``engine/figures.py``), None of an earlier version;
    times are Redis' Unix milliseconds. ``silent_ms`` is for how long it has said nothing.
    """

    owner: str
    backend: str
    models: dict[str, Any]
    threads: int = 1
    host: str = ""
    pid: int = 0
    device: str = ""
    jobs: tuple[str, ...] = ()
    started_ms: int = 0
    beat_ms: int = 0
    silent_ms: int = 0
    engine: dict[str, Any] | None = None


def living_workers(connection: redis.Redis) -> list[WorkerPresence]:
    """All workers whose last beat is recent and whose facts are there, by owner. Costs as much as there are workers."""
    owners, now_ms = living_owners(connection)
    with connection.pipeline(transaction=False) as pipeline:
        for owner in owners:
            pipeline.hgetall(worker_key(owner))
        facts = cast("list[dict[str, str]]", pipeline.execute())
    return [_presence(owner, fields, now_ms) for owner, fields in zip(owners, facts, strict=True) if fields]


class ParallelJobs:
    """How many jobs the living workers run at once, as it was at most ``KEPT_S`` ago. Thread-safe."""

    def __init__(self, connection: redis.Redis) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._known = (0, float("-inf"))  # jobs, and when they were counted

    def count(self) -> int:
        """Their threads in all. Raises Redis' own faults."""
        with self._lock:
            jobs, asked_at = self._known
            if time.monotonic() - asked_at >= KEPT_S:
                jobs = sum(worker.threads for worker in living_workers(self._connection))
                self._known = (jobs, time.monotonic())
            return jobs


def _presence(owner: str, fields: dict[str, str], now_ms: int) -> WorkerPresence:
    return WorkerPresence(
        owner=owner,
        backend=fields.get("backend", ""),
        models=json.loads(fields.get("models", "{}")),
        threads=int(fields.get("threads", 1)),
        host=fields.get("host", ""),
        pid=int(fields.get("pid", 0)),
        device=fields.get("device", ""),
        jobs=tuple(json.loads(fields.get("jobs", "[]"))),
        started_ms=int(fields.get("started", 0)),
        beat_ms=int(fields.get("beat", 0)),
        silent_ms=max(0, now_ms - int(fields.get("beat", now_ms))),
        engine=json.loads(fields.get("engine", "null")),
    )
