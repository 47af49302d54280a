"""A poller's side: one job, a listing, waiting for a change. Nothing here changes the record."""

import time
from typing import Any, cast

from jobs.problems import ProblemError
from jobs.records import JobView, Page, read_view
from jobs.states import State
from jobs.store.base import PREFIX, RecordBase, job_key

RECHECK_S = 1.0  # pub/sub may lose a message; a look at the record every second bounds what that costs
SCAN_CHUNK = 200
MAX_SCANNED = 2000


class ReadingStore(RecordBase):
    """What a client sees of its jobs; another tenant's job is as absent as one that never was."""

    def get(self, tenant: str, job_id: str) -> JobView | None:
        """The job with its queue position (0 = next; an estimate), or None: unknown, another tenant's, or erased."""
        answer = self.run_script("view", id=job_id, tenant=tenant)
        if not answer:
            return None
        fields, position = answer
        record = dict(zip(fields[::2], fields[1::2], strict=True))
        return read_view(record, None if position < 0 else position)

    def is_gone(self, tenant: str, job_id: str) -> bool:
        """True for a week after a job was erased or its retention ended (410 rather than 404)."""
        return bool(self.redis.get(f"{PREFIX}gone:{job_id}") == tenant)

    def list(
        self,
        tenant: str,
        *,
        state: State | None = None,
        external_id: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page:
        """A tenant's jobs, newest first; queue positions are left out. Raises ProblemError invalid-parameter (cursor)."""
        raise NotImplementedError

    def wait(
        self, tenant: str, job_id: str, *, seen_version: int | None, until_terminal: bool, timeout_s: float
    ) -> JobView | None:
        """Block until the job ends (``until_terminal``) or its version is not ``seen_version``; at the latest ``timeout_s``.

        Returns the last view, whether the wait was rewarded or not; None when there is no such job (any more).
        """
        raise NotImplementedError
