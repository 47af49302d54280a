"""Sweeps the record every few seconds, in every worker: what time does to jobs, missing hints, garbage blobs."""

import hashlib
import logging
import random
import threading
import time
from contextlib import suppress

import redis.exceptions

from jobs.aof_repair import forget_ends
from jobs.erasing import Eraser
from jobs.errors import BlobError
from jobs.journal import rewrite_journal
from jobs.records import ReapReport
from worker.janitor import Janitor
from worker.landmarks import Landmarks
from worker.spans import tell_lapsed
from worker.workshop import Workshop

log = logging.getLogger(__name__)

_HINTS_PER_SWEEP = 1_000
_LIMIT = 200  # of each kind in one sweep
_DELETING_S = 5.0
_TURN = 0.4  # of the interval: less than the shortest pause of one worker, so that a lone one is always in turn


class Reaper:
    """One thread. Any number of reapers may sweep one record at once; each sweep is one script."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._blobs = workshop.blobs.hasty()
        self._eraser = Eraser(workshop.store, self._blobs)
        self._janitor = Janitor(workshop.store, self._blobs)
        self._landmarks = Landmarks(workshop.store, self._blobs)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reaper", daemon=True)

    def start(self) -> None:
        """Begin to sweep."""
        self._thread.start()

    def stop(self) -> None:
        """Stop sweeping, and wait until the thread is gone."""
        self._stopped.set()
        self._thread.join()

    def sweep(self) -> ReapReport:
        """One sweep: the record's own work, then the hints it misses, then the blobs nobody refers to.

        Deleting ends after 5 s, since lapsed leases do not wait for a slow store; the record names the rest again.
        """
        report = self._workshop.store.reap(_LIMIT, can=self._workshop.abilities())
        self._workshop.metrics.reclaimed(report.requeued + report.dead)
        for lapsed in report.lapsed:
            tell_lapsed(self._workshop.tracing, lapsed)
        if report.record_lost:
            self._tell_loss()
        if self._workshop.store.note_eviction():
            log.error(
                "Redis evicted keys, and with them accepted jobs, it may be: set its maxmemory-policy to noeviction"
            )
        for queue, missing in report.hints.items():
            for _ in range(min(self._workshop.hints.missing(queue, missing), _HINTS_PER_SWEEP)):
                if not self._workshop.hints.publish("reaper", queue):
                    break
        self._workshop.store.collected(self._delete_some(report.garbage))
        self._erase_some()
        if self._workshop.settings.collect_orphans:  # else another record's marks may lie in the store
            self._hold_against_landmark()
            self._tidy_some()
        return report

    def look(self) -> ReapReport | None:
        """What is due now: a sweep, if no worker that can do the same made one just now; and what each sees to itself.

        Five hundred workers that all sweep take a quarter of Redis' time. Where a sweep finds all that it may take in
        one go, the next worker need not wait for its turn.
        """
        store, settings = self._workshop.store, self._workshop.settings
        turn = f"sweep:{hashlib.sha256(self._workshop.abilities().encode()).hexdigest()[:16]}"
        if store.take_turn(turn, max(1, round(settings.reap_interval_s * 1000 * _TURN))):
            report = self.sweep()
            if report.reaches(_LIMIT):
                store.end_turn(turn)
            return report
        if store.note_loss():
            self._tell_loss()
        self._erase_some()
        if settings.collect_orphans:
            self._tidy_some()
        return None

    def _tell_loss(self) -> None:
        log.error("Redis came back with less than it had acknowledged: jobs that had been accepted are gone")

    def _erase_some(self) -> None:
        """A part of what tenants want erased, and then, seldom, Redis' journal without it."""
        try:
            self._eraser.go_on()
        except BlobError as error:
            log.warning("an erasure waits for the blob store: %s", error)
        store = self._workshop.store
        if store.journal_due():
            store.journal_rewritten(rewrite_journal(store.redis))
            with suppress(OSError):  # not ours to delete from: it is a Redis elsewhere, or its start will do
                forget_ends(self._workshop.settings.data_dir.expanduser() / "redis")

    def _hold_against_landmark(self) -> None:
        try:
            self._landmarks.go_on()
        except BlobError as error:
            log.warning("how far the record has come waits for the blob store: %s", error)

    def _tidy_some(self) -> None:
        try:
            self._janitor.go_on()
        except BlobError as error:
            log.warning("looking for blobs without a record waits for the blob store: %s", error)

    def _run(self) -> None:
        while True:
            try:
                self.look()
            except redis.exceptions.RedisError as error:
                log.warning("a sweep was left out: %s", error)
            except Exception:
                log.exception("a sweep failed; the next one comes as usual")
            spread = random.uniform(0.75, 1.25)  # noqa: S311  (keeps many reapers from sweeping in step)
            if self._stopped.wait(self._workshop.settings.reap_interval_s * spread):
                return

    def _delete_some(self, garbage: list[str]) -> list[str]:
        """Delete what can be deleted in time and before `stop`; returns what is gone."""
        give_up_at = time.monotonic() + _DELETING_S
        gone: list[str] = []
        for path in garbage:
            if self._stopped.is_set() or time.monotonic() >= give_up_at:
                log.info("deleting stops for now: %d of %d are gone", len(gone), len(garbage))
                break
            if self._delete(path):
                gone.append(path)
        return gone

    def _delete(self, path: str) -> bool:
        """Delete a blob, or all below a prefix; False where that failed, and the record will name it again."""
        blobs = self._blobs
        try:
            (blobs.delete_prefix if path.endswith("/") else blobs.delete)(path)
        except (BlobError, ValueError) as error:  # ValueError: what was marked is no blob's path
            log.warning("garbage at %s could not be deleted: %s", path, error)
            return False
        return True
