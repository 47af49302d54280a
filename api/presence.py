"""Which workers are alive, and what each says of itself, for answers and for how long a job will wait."""

import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any, cast

import redis

from jobs.presence import living_owners, worker_key
from jobs.routes import ANY, missing, serves

KEPT_S = 2.0


@dataclass(frozen=True)
class WorkerPresence:
    """A living worker: its backend, the models it serves by name, and how many jobs it runs at once.

    ``jobs`` are those that it runs now, ``engine`` its figures (``engine/figures.py``), None of an earlier version;
    times are Redis' Unix milliseconds. ``silent_ms`` is for how long it has said nothing. ``can`` is in the words of
    ``jobs.routes``, "" of an earlier version; ``refused`` are versions of models that it could not take, and why;
    ``looked`` is the last order to look for them that it followed (``ModelWishes.looks``), None of an earlier version;
    ``blobs_fault`` is why its blob store does not answer, "" while it does.
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
    can: str = ""
    refused: dict[str, str] = field(default_factory=dict)
    looked: int | None = None
    blobs_fault: str = ""


def living_workers(connection: redis.Redis) -> list[WorkerPresence]:
    """All workers whose last beat is recent and whose facts are there, by owner. Costs as much as there are workers."""
    owners, now_ms = living_owners(connection)
    with connection.pipeline(transaction=False) as pipeline:
        for owner in owners:
            pipeline.hgetall(worker_key(owner))
        facts = cast("list[dict[str, str]]", pipeline.execute())
    return [_presence(owner, fields, now_ms) for owner, fields in zip(owners, facts, strict=True) if fields]


class ParallelJobs:
    """What the living workers can do at once, as it was at most ``KEPT_S`` ago. Thread-safe."""

    def __init__(self, connection: redis.Redis) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._known: list[WorkerPresence] = []
        self._asked_at = float("-inf")

    def count(self, route: str = ANY) -> int:
        """How many jobs of a route run at once: the threads of those that serve it. Raises Redis' own faults."""
        return sum(worker.threads for worker in self._living() if serves(worker.can, route))

    def missing(self, route: str) -> dict[str, Any] | None:
        """What jobs of the route need, and no living worker has (``jobs.routes.missing``); None where one has all."""
        return missing(route, [worker.can for worker in self._living()])

    def _living(self) -> list[WorkerPresence]:
        with self._lock:
            if time.monotonic() - self._asked_at >= KEPT_S:
                self._known, self._asked_at = living_workers(self._connection), time.monotonic()
            return self._known


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
        can=fields.get("can", ""),
        refused=json.loads(fields.get("refused", "{}")),
        looked=int(fields["looked"]) if "looked" in fields else None,
        blobs_fault=fields.get("blobs_fault", ""),
    )
