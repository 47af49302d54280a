"""The reaper's side: what time does to jobs. Safe from many workers at once; each sweep is bounded per call."""

import logging
from collections.abc import Iterable
from typing import cast

import redis

from jobs.connection import is_unavailable
from jobs.hint_lists import hint_lists
from jobs.presence import LIVENESS_MS
from jobs.records import ReapReport, read_lapsed
from jobs.routes import ANY, hint_queue, hint_queues, parts_of_lane, serves
from jobs.store.base import PREFIX
from jobs.store.losses import LossStore
from jobs.store.turns import TurnStore

JOURNAL_EVERY_MS = 60 * 60 * 1000  # it costs a fork, and as much writing as there is data
GARBAGE_RETRY_MS = 10 * 60 * 1000
RECOUNT_EVERY_MS = 10 * 60 * 1000

log = logging.getLogger(__name__)

_STEPS_PER_SWEEP = 25
_BATCHES_PER_STEP = 20
_ITEMS_PER_STEP = 250
_WAKING_HINTS = 4
_TENANTS_PER_COUNT = 100
_BLOBS_PER_ITEM = 5  # their deletion is bounded by the caller's time, too


class SweepingStore(LossStore, TurnStore):
    """What reapers call."""

    def reap(self, limit: int = 200, can: str = "") -> ReapReport:
        """Do what is due: delayed jobs → queued, lost leases → queued or dead, deadlines → expired, old things removed.

        Each sweep handles at most ``limit`` items, and five times as many blobs; call again soon when a count reaches
        that. The report's hints are for what any worker may claim, and for what the caller may, who ``can`` do this.
        Jobs that no worker's blob store serves fail once they have waited ``storage_patience_s`` for one.
        The caller deletes the report's ``garbage`` (prefixes end in "/") and then says so with ``collected``.
        """
        due = self.run_script("sweep_delayed", limit=limit)
        silence = {"silence_ms": self.silence_ms, "lease_ms": self.settings.lease_ms}
        requeued, dead, expired, lapsed = self.run_script("sweep_leases", limit=limit, **silence)
        expired += self.run_script("sweep_deadlines", limit=limit)
        dead += self.run_script("sweep_stalled", limit=limit, liveness_ms=LIVENESS_MS)
        kept = {"days": self.settings.audit_days, "most": self.settings.audit_entries}
        removed = self.run_script("sweep_records", limit=limit, **kept)
        uploads = self.run_script("sweep_uploads", limit=limit, life_ms=self.settings.retention_s * 1000)
        batches = self._sweep_batches()
        self.run_script("sweep_audit", limit=limit, days=self.settings.audit_days)
        self._sweep_retention(limit)
        self.recount_pixels()
        self.recount_jobs()
        return ReapReport(
            requeued=requeued,
            dead=dead,
            expired=expired,
            due=due,
            removed=removed,
            uploads=uploads,
            batches=batches,
            hints=self.missing_hints(can),
            record_lost=self.note_loss(),
            lapsed=tuple(read_lapsed(told) for told in lapsed),
            garbage=self.run_script("sweep_garbage", limit=_BLOBS_PER_ITEM * limit, retry_ms=GARBAGE_RETRY_MS),
        )

    def collected(self, garbage: Iterable[str]) -> None:
        """Say that these paths of a report are deleted; others come up again after ten minutes."""
        paths = list(garbage)
        if paths:
            self.redis.zrem(f"{PREFIX}garbage", *paths)

    def recount_pixels(self, every_ms: int = RECOUNT_EVERY_MS) -> int | None:
        """Count the pending jobs' pixels anew, if nobody did for so long. → how many were wrong; None: not counted.

        One script for each lane, since Redis serves nobody else meanwhile; a very long one is left as it is.
        """
        lanes = self.run_script("recount", every_ms=every_ms)
        if lanes is None:
            return None
        off = sum(self.run_script("recount", lane=lane) or 0 for lane in lanes)
        if off:
            log.info("pending megapixels were counted anew: they were off by %.1f", off / 1e6)
        return off

    def recount_jobs(self, every_ms: int = RECOUNT_EVERY_MS) -> int | None:
        """Count each tenant's jobs and batches under way anew, if nobody did for so long, or since some were lost.

        → how many were counted wrong; None: not counted. One script for some of the tenants, each of whom is counted at
        one moment, so that nobody who submits meanwhile is counted twice, or not at all. While more than 5,000 jobs run
        or wait for a retry, nobody is counted.
        """
        tenants = self.run_script("recount_jobs", every_ms=every_ms)
        if tenants is None:
            return None
        parts = (tenants[at : at + _TENANTS_PER_COUNT] for at in range(0, len(tenants), _TENANTS_PER_COUNT))
        off = sum(self.run_script("recount_jobs", tenants=part) or 0 for part in parts)
        if off:
            log.warning("jobs and batches under way were counted anew: %d had been lost, or were not counted", off)
        return off

    def pending(self) -> int:
        """How many jobs could be claimed now."""
        return sum(self._depths().values())

    def hints_missing(self) -> int:
        """How many jobs could be claimed now, by any worker or by one on a device, beyond the hints that wait."""
        return sum(self.missing_hints().values())

    def missing_hints(self, can: str = "") -> dict[str, int]:
        """How many jobs could be claimed now, by whoever can do this, beyond the hints that wait: by queue of hints.

        For a route that no queue of hints is for, as few as wake one worker: a worker that is awake goes on with it.
        """
        base, depths, waiting = self.settings.hint_queue, self._depths(), self.clear_hints()
        wanted, choosy = dict.fromkeys(waiting, 0), 0
        for lane, jobs in depths.items():
            name, route = hint_queue(base, lane), parts_of_lane(lane)[1]
            if name != base or route == ANY:
                wanted[name] += jobs
            elif serves(can, route):
                choosy += jobs
        wanted[base] += min(choosy, _WAKING_HINTS)
        return {name: jobs - waiting[name] for name, jobs in wanted.items() if jobs > waiting[name]}

    def clear_hints(self) -> dict[str, int]:
        """How many hints wait in each queue, once nothing else lies in the place of their lists: no worker reads on
        beside that.
        """
        queues = hint_queues(self.settings.hint_queue)
        names = [name for queue in queues for name in hint_lists(queue)]
        with self.redis.pipeline(transaction=False) as pipeline:
            for name in names:
                pipeline.type(name)
            kinds = dict(zip(names, pipeline.execute(), strict=True))
        for name in (name for name, kind in kinds.items() if kind not in ("list", "none")):
            self.redis.unlink(name)
            log.error("in the place of hints lay a %s, and was thrown away: %.40r", kinds[name], name)
        with self.redis.pipeline(transaction=False) as pipeline:
            for queue in queues:
                pipeline.llen(queue)
            return dict(zip(queues, pipeline.execute(), strict=True))

    def journal_due(self) -> bool:
        """Whether Redis' journal is to be written anew now (``BGREWRITEAOF``): whoever asks first does it."""
        return bool(self.run_script("sweep_journal", every_ms=JOURNAL_EVERY_MS))

    def journal_rewritten(self, done: bool) -> None:
        """Say whether Redis does so; else it is due again, an hour from now.

        It counts from when it was due: what was erased after that may be in the new journal too.
        """
        asked_ms = cast("str | None", self.redis.get(f"{PREFIX}journal-asked"))
        if done and asked_ms:
            self.redis.set(f"{PREFIX}journal-rewritten", asked_ms)
        else:
            self.redis.set(f"{PREFIX}journal-due", 1, nx=True)

    def _sweep_retention(self, limit: int) -> None:
        """Bring nearer the ends of what tenants want to be kept for less time than before."""
        for _ in range(_STEPS_PER_SWEEP):
            if not self.run_script("sweep_retention", limit=limit):
                return

    def _sweep_batches(self) -> int:
        """Go on with what stopped halfway, and feed every batch for which there is room now."""
        for _ in range(_STEPS_PER_SWEEP):
            if not self.run_script("sweep_batches", limit=_BATCHES_PER_STEP, items=_ITEMS_PER_STEP):
                break
        looked_at: set[str] = set()
        for _ in range(_STEPS_PER_SWEEP):
            try:
                ids, more = self.run_script("feed_batches", limit=_BATCHES_PER_STEP)
            except redis.RedisError as error:
                if not is_unavailable(error):
                    raise
                break  # its memory is full: jobs end all the same, and the next sweep tries again
            looked_at.update(ids)
            if not more:
                break
        return len(looked_at)

    def _depths(self) -> dict[str, int]:
        """How many jobs are ready, by lane."""
        depth = cast("dict[str, str]", self.redis.hgetall(f"{PREFIX}depth"))
        return {lane: int(jobs) for lane, jobs in depth.items()}
