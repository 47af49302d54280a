"""This worker's entry in the list of the living (`jobs/presence.py`). Refuses to know when to announce."""

import json
import os
import socket
import time
from typing import Any

from jobs.presence import LIVENESS_MS, THREADS, WORKERS, worker_key
from jobs.store.base import call_script
from worker.workshop import Workshop


class Presence:
    """One worker's announcement. Both methods raise redis.exceptions.RedisError."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._began = time.monotonic()
        self._key = worker_key(workshop.owner)

    def announce(self) -> None:
        """Say that this worker lives, what it runs on, and how it does; take the dead off the list."""
        age_ms = round((time.monotonic() - self._began) * 1000)
        call_script(
            self._workshop.store.redis,
            "announce",
            owner=self._workshop.owner,
            facts=self._facts(),
            age_ms=age_ms,
            life_ms=LIVENESS_MS,
        )

    def withdraw(self) -> None:
        """Take this worker off the list."""
        with self._workshop.store.redis.pipeline(transaction=True) as pipeline:
            pipeline.delete(self._key)
            pipeline.zrem(WORKERS, self._workshop.owner)
            pipeline.delete(THREADS)
            pipeline.execute()

    def _facts(self) -> dict[Any, Any]:
        engine, recent = self._workshop.engine_facts(), self._workshop.recent.summary(time.monotonic())
        return {
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "backend": str(engine.get("backend", "")),
            "device": str(engine.get("device", "")),
            "models": json.dumps(engine.get("models", {})),
            "can": self._workshop.abilities(),
            "refused": json.dumps(dict(self._workshop.models.refused)),
            "threads": self._workshop.settings.threads,
            "jobs": json.dumps([lease.claim.job_id for lease in self._workshop.leases.held()]),
            "engine": json.dumps({**self._workshop.engine.figures(), **recent}),
        }
