"""Keeps this process listed and its leases alive, and lets both lapse when the device hangs. One thread for all."""

import logging
import os
import threading
import time
from collections.abc import Callable

import redis.exceptions

from jobs.presence import LIVENESS_MS
from worker.leases import Lease
from worker.presence import Presence
from worker.spans import about
from worker.workshop import Workshop

log = logging.getLogger(__name__)

_WATCH_S = 1.0
_ANNOUNCE_S = 5.0
EXIT_DEVICE = 70
"""The exit code of a worker whose device hangs or is lost (EX_SOFTWARE)."""


def beat(workshop: Workshop, lease: Lease) -> None:
    """Extend one lease, and end its attempt if the record says so. A Redis that is away costs this beat only."""
    claim = lease.claim
    try:
        answer = workshop.store.heartbeat(claim.job_id, claim.token)
    except redis.exceptions.RedisError as error:
        log.warning("heartbeat of %s failed: %s", claim.job_id, error)
        return
    except Exception:  # the thread must live on: all leases hang on it
        log.exception("heartbeat of %s failed", claim.job_id)
        return
    if answer != "ok":
        lease.end(answer)


class Heartbeats:
    """Announces the worker every 5 s and beats every `heartbeat_ms`; "cancel" and "lost" end the job's attempt.

    It also watches the device. When a batch has been on it for longer than the batch timeout, no beat goes out any more
    and the process exits, since a hung device call cannot be broken off: the leases lapse, a supervisor starts anew.
    When the device was lost, the process exits once its jobs have been put back.
    """

    def __init__(self, workshop: Workshop, leave: Callable[[int], object] = os._exit) -> None:
        self._workshop = workshop
        self._leave = leave
        self._presence = Presence(workshop)
        self._told: tuple[bool, int, str] = False, 0, ""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeats", daemon=True)

    def start(self) -> None:
        """Announce the worker and begin to beat."""
        self._thread.start()

    def stop(self) -> None:
        """Stop beating, wait until the thread is gone, and take the worker off the list of the living."""
        self._stopped.set()
        self._thread.join()
        try:
            self._presence.withdraw()
        except redis.exceptions.RedisError as error:
            log.warning("this worker stays listed for up to %d s: %s", LIVENESS_MS // 1000, error)

    def _run(self) -> None:
        interval_s = self._workshop.settings.heartbeat_ms / 1000
        next_beat, next_announcement = time.monotonic() + interval_s, time.monotonic()
        while True:
            if complaint := self._complaint():
                log.critical("%s: exiting, so that its jobs run elsewhere", complaint)
                self._leave(EXIT_DEVICE)
                return
            if time.monotonic() >= next_beat:
                next_beat = time.monotonic() + interval_s
                for lease in self._workshop.leases.held():
                    with about(lease.claim):
                        beat(self._workshop, lease)
            if time.monotonic() >= next_announcement or self._has_news():
                next_announcement = time.monotonic() + _ANNOUNCE_S
                self._announce()
            if self._stopped.wait(min(_WATCH_S, interval_s)):
                return

    def _has_news(self) -> bool:
        """Whether something is not to wait for the next announcement: it leaves, has followed a wish for models, or its
        blob store answers no more, or again.
        """
        return self._news() != self._told

    def _news(self) -> tuple[bool, int, str]:
        return self._workshop.draining.is_set(), self._workshop.models.looked, self._workshop.blob_watch.fault

    def _announce(self) -> None:
        news = self._news()  # before it is told: what changes meanwhile is told once more, and nothing is left out
        try:
            self._presence.announce()
            self._told = news
        except redis.exceptions.RedisError as error:
            log.warning("this worker could not announce itself: %s", error)
        except Exception:
            log.exception("this worker could not announce itself")

    def _complaint(self) -> str | None:
        """What is wrong with the device beyond repair in this process, or None."""
        engine = self._workshop.engine
        allowed_s = engine.settings.batch_timeout_s
        silent_s = time.monotonic() - engine.last_progress
        if silent_s > allowed_s:
            return f"a batch has been on the device for {silent_s:.1f} s, {allowed_s:g} s allowed"
        if engine.closed and not self._workshop.leases.held():
            return "the device was lost"
        return None
