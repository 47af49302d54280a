"""The way out: finish what runs, hand back what does not finish, leave. Knows signals; refuses to know Celery."""

import logging
import os
import queue
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

import redis.exceptions

from worker.leases import Lease
from worker.spans import about
from worker.workshop import Workshop

log = logging.getLogger(__name__)

_POLL_S = 0.05
_GRACE_S = 5.0


class Drain:
    """Drains the worker once SIGTERM, SIGINT or SIGHUP arrives; a second signal ends the wait at once.

    From then on no job is claimed. Jobs that still run at `drain_timeout_s` are released: queued again with no attempt
    used. `stop_consuming` tells the message loop to end; `leave` ends the process.
    """

    def __init__(self, stop_consuming: Callable[[], None], leave: Callable[[int], object] = os._exit) -> None:
        self.draining = threading.Event()
        self._stop_consuming = stop_consuming
        self._leave = leave
        # SimpleQueue.put may be called in a signal handler that interrupts another; Event.set would deadlock there
        self._signals: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._workshop: Workshop | None = None
        self._outlives_terminal = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN  # `nohup` started it

    def install(self) -> None:
        """Take over the three signals (main thread only). Before `watch`, one ends the process at once.

        At a SIGHUP Celery (5.7) would start the worker's file anew, by its path and without our options of Python.
        """
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        if self._outlives_terminal:
            signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def watch(self, workshop: Workshop) -> None:
        """From now on there is something to drain."""
        self._workshop = workshop
        threading.Thread(target=self._run, args=(workshop,), name="drain", daemon=True).start()

    def request(self) -> None:
        """Drain as if SIGTERM had arrived, from any thread; a second call counts as the second signal."""
        self._signals.put(signal.SIGTERM)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self._workshop is None:
            self._leave(0)
        self._signals.put(number)
        self._stop_consuming()

    def _run(self, workshop: Workshop) -> None:
        number = self._signals.get()
        self.draining.set()
        workshop.draining.set()
        self._stop_consuming()
        running = len(workshop.leases.held())
        log.info("%s: claiming no more, %d jobs still run", signal.Signals(number).name, running)
        self._wait(workshop, time.monotonic() + workshop.settings.drain_timeout_s)
        if workshop.leases.held():
            release_all(workshop)
        workshop.tracing.close()
        self._leave(0)  # reached only where Celery has not ended the process by itself

    def _wait(self, workshop: Workshop, give_up_at: float) -> None:
        """Wait until no job runs and Celery has had its time to leave, until the time is up, or until told again.

        A claim whose answer was on its way at the signal shows up during Celery's time, and is waited for as well.
        """
        told_twice = False
        while not told_twice and time.monotonic() < give_up_at:
            busy = bool(workshop.leases.held())
            told_twice = self._told_again(_POLL_S if busy else _GRACE_S)
            if not busy and not workshop.leases.held():
                return

    def _told_again(self, timeout_s: float) -> bool:
        try:
            self._signals.get(timeout=timeout_s)
        except queue.Empty:
            return False
        return True


def release_all(workshop: Workshop) -> None:
    """Stop every job that still runs and queue it again, its attempt not used."""
    for lease in workshop.leases.held():
        release(workshop, lease)
    workshop.hints.publish("drain")


def release(workshop: Workshop, lease: Lease) -> None:
    """Stop one job and queue it again, its attempt not used."""
    lease.end("drain")
    with about(lease.claim):
        try:
            workshop.store.release(lease.claim.job_id, lease.claim.token)
            log.info("%s released", lease.claim.job_id)
        except redis.exceptions.RedisError as error:
            log.warning("%s not released, its lease will lapse: %s", lease.claim.job_id, error)
