"""This worker's entry in the list of the living (`jobs/presence.py`). Refuses to know when to announce."""

import json
import os
import socket
import time
from pathlib import Path
from typing import Any

import redis

from jobs.presence import LIVENESS_MS, THREADS, WORKERS, living_owners, worker_key
from jobs.settings import JobsSettings, without_secrets
from jobs.store.base import call_script
from worker.workshop import Workshop


def forget_predecessors(connection: redis.Redis) -> None:
    """Take those off the list that announced themselves from this host and whose process is gone, or is this one.

    A container that is started anew has the name and the process id of the one before, which would else seem to be
    warm and at work for half a minute. Raises redis.exceptions.RedisError.
    """
    host = socket.gethostname()
    for owner in living_owners(connection)[0]:
        told_host, pid = (str(value) for value in connection.hmget(worker_key(owner), ["host", "pid"]))
        if told_host == host and (pid == str(os.getpid()) or not Path(f"/proc/{pid}").exists()):
            withdraw(connection, owner)


def place_of_blobs(settings: JobsSettings) -> str:
    """Where this process keeps photos and pictures, as it may be told."""
    return without_secrets(settings.resolved_blob_url).rstrip("/")


def other_places(connection: redis.Redis, own: str) -> list[str]:
    """Where living workers keep photos and pictures that is not where this one does; of earlier versions nothing.

    Raises redis.exceptions.RedisError.
    """
    told = (connection.hget(worker_key(owner), "blobs") for owner in living_owners(connection)[0])
    return sorted({str(place or own).rstrip("/") for place in told} - {own})


def withdraw(connection: redis.Redis, owner: str) -> None:
    """Take a worker off the list. Raises redis.exceptions.RedisError."""
    with connection.pipeline(transaction=True) as pipeline:
        pipeline.delete(worker_key(owner))
        pipeline.zrem(WORKERS, owner)
        pipeline.delete(THREADS)
        pipeline.execute()


class Presence:
    """One worker's announcement. Both methods raise redis.exceptions.RedisError."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._began = time.monotonic()

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
        withdraw(self._workshop.store.redis, self._workshop.owner)

    def _facts(self) -> dict[Any, Any]:
        # Before what was refused and what is served, which the keeper sets before it says that it has looked: read the
        # other way round, a look that ends in between would be told as done, with what the one before it found.
        looked = self._workshop.models.looked
        engine, recent = self._workshop.engine_facts(), self._workshop.recent.summary(time.monotonic())
        return {
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "backend": str(engine.get("backend", "")),
            "device": str(engine.get("device", "")),
            "models": json.dumps(engine.get("models", {})),
            "can": self._workshop.abilities(),
            "draining": int(self._workshop.draining.is_set()),
            "refused": json.dumps(dict(self._workshop.models.refused)),
            "blobs": place_of_blobs(self._workshop.settings),
            "blobs_fault": self._workshop.blob_watch.fault,
            "looked": looked,
            "threads": self._workshop.settings.threads,
            "jobs": json.dumps([lease.claim.job_id for lease in self._workshop.leases.held()]),
            "engine": json.dumps({**self._workshop.engine.figures(), **recent}),
        }
