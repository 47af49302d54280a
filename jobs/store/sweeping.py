"""The reaper's side: what time does to jobs. Safe from many workers at once; each sweep is bounded per call."""

from typing import Any

from jobs.records import ReapReport
from jobs.store.base import RecordBase


class SweepingStore(RecordBase):
    """Sweeps and figures."""

    def reap(self, limit: int = 200) -> ReapReport:
        """Delayed jobs due → queued; leases over → queued or dead; deadlines over → expired; records and uploads past their life removed.

        Each sweep handles at most ``limit`` items; call it again soon when a count reaches that.
        """
        raise NotImplementedError

    def pending(self) -> int:
        """How many jobs could be claimed now."""
        raise NotImplementedError

    def stats(self) -> dict[str, Any]:
        """Depths for the operator: {"interactive", "bulk", "delayed", "running", "dead", "outbox", "uploads"}."""
        raise NotImplementedError
