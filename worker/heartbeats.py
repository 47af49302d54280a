"""Keeps this process' leases alive, and lets them lapse when the device hangs. One thread beats for all jobs."""

import logging
import os
import threading
import time
from collections.abc import Callable

import redis.exceptions

from worker.leases import Lease
from worker.workshop import Workshop

log = logging.getLogger(__name__)

_WATCH_S = 1.0
EXIT_HUNG = 70
"""The exit code of a worker whose device hangs (EX_SOFTWARE)."""


class Heartbeats:
    """Beats every `heartbeat_ms`; "cancel" and "lost" end the job's attempt.

    It also watches the device: when the engine has made no progress for its batch timeout, no beat goes out any more
    and the process exits, since a hung device call cannot be broken off; the leases lapse, a supervisor starts anew.
    """

    def __init__(self, workshop: Workshop, leave: Callable[[int], object] = os._exit) -> None:
        self._workshop = workshop
        self._leave = leave
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeats", daemon=True)

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def stop(self) -> None:
        """Stop beating, and wait until the thread is gone."""
        self._stopped.set()
        self._thread.join()

    def beat(self, lease: Lease) -> None:
        """Extend one lease, and end its attempt if the record says so. A Redis that is away costs this beat only."""
        claim = lease.claim
        try:
            answer = self._workshop.store.heartbeat(claim.job_id, claim.token)
        except redis.exceptions.RedisError as error:
            log.warning("heartbeat of %s failed: %s", claim.job_id, error)
            return
        if answer != "ok":
            lease.end(answer)

    def _run(self) -> None:
        interval_s = self._workshop.settings.heartbeat_ms / 1000
        next_beat = time.monotonic() + interval_s
        while not self._stopped.wait(min(_WATCH_S, interval_s)):
            if self._device_hangs():
                return
            if time.monotonic() >= next_beat:
                next_beat = time.monotonic() + interval_s
                for lease in self._workshop.leases.held():
                    self.beat(lease)

    def _device_hangs(self) -> bool:
        engine = self._workshop.engine
        silent_s = time.monotonic() - engine.last_progress
        if silent_s <= engine.settings.batch_timeout_s:
            return False
        log.critical(
            "the device has made no progress for %.1f s (%.1f s allowed): exiting, so that its jobs run elsewhere",
            silent_s,
            engine.settings.batch_timeout_s,
        )
        self._leave(EXIT_HUNG)
        return True
