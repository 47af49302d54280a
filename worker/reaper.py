"""Sweeps the record every few seconds, in every worker: what time does to jobs, missing hints, garbage blobs."""

import json
import logging
import os
import random
import socket
import threading
import time
from collections.abc import Mapping
from typing import Any

import redis.exceptions

from jobs.errors import BlobError
from jobs.records import ReapReport
from jobs.store.base import PREFIX
from worker.workshop import Workshop

log = logging.getLogger(__name__)

_LIVENESS_S = 30
_HINTS_PER_SWEEP = 1_000


class Reaper:
    """One thread. Any number of reapers may sweep one record at once; each sweep is one script."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reaper", daemon=True)
        self._started_ms = time.time_ns() // 1_000_000
        self._key = f"{PREFIX}worker:{workshop.owner}"

    def start(self) -> None:
        """Announce this worker and begin to sweep."""
        self._thread.start()

    def stop(self) -> None:
        """Stop sweeping, wait until the thread is gone, and take the worker off the list of the living."""
        self._stopped.set()
        self._thread.join()
        try:
            self._workshop.store.redis.delete(self._key)
        except redis.exceptions.RedisError as error:
            log.warning("this worker stays listed for up to %d s: %s", _LIVENESS_S, error)

    def sweep(self) -> ReapReport:
        """One sweep: the record's own work, then the hints it misses, then the blobs nobody refers to."""
        report = self._workshop.store.reap()
        if report.record_lost:
            log.error("Redis came back with less than it had acknowledged: jobs were lost with its memory")
        for _ in range(min(report.hints_missing, _HINTS_PER_SWEEP)):
            if not self._workshop.hints.publish("reaper"):
                break
        self._workshop.store.collected([path for path in report.garbage if self._delete(path)])
        return report

    def announce(self) -> None:
        """Say that this worker lives, what it runs on and which models it has, for 30 s."""
        engine = self._workshop.engine_facts()
        fields: Mapping[Any, Any] = {
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "backend": str(engine.get("backend", "")),
            "models": json.dumps(engine.get("models", {})),
            "started": self._started_ms,
            "beat": self._workshop.redis_now_ms(),
        }
        with self._workshop.store.redis.pipeline(transaction=True) as pipeline:
            pipeline.hset(self._key, mapping=fields)
            pipeline.expire(self._key, _LIVENESS_S)
            pipeline.execute()

    def _run(self) -> None:
        while True:
            try:
                self.announce()
                self.sweep()
            except redis.exceptions.RedisError as error:
                log.warning("a sweep was left out: %s", error)
            except Exception:
                log.exception("a sweep failed; the next one comes as usual")
            spread = random.uniform(0.75, 1.25)  # noqa: S311  (keeps many reapers from sweeping in step)
            if self._stopped.wait(self._workshop.settings.reap_interval_s * spread):
                return

    def _delete(self, path: str) -> bool:
        """Delete a blob, or all below a prefix; False where that failed, and the record will name it again."""
        blobs = self._workshop.blobs
        try:
            (blobs.delete_prefix if path.endswith("/") else blobs.delete)(path)
        except BlobError as error:
            log.warning("garbage at %s could not be deleted: %s", path, error)
            return False
        return True
