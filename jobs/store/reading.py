"""A poller's side: one job, and waiting for a change. Nothing here changes the record."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from jobs.outlook import read_outlook
from jobs.records import JobView, read_view
from jobs.store.base import PREFIX, RecordBase, job_key
from jobs.waiting import Goal, Waiter, wait_for


class ReadingStore(RecordBase):
    """What a client sees of its jobs; another tenant's job is as absent as one that never was."""

    def get(self, tenant: str, job_id: str) -> JobView | None:
        """The job with its queue position (0 = next; an estimate), or None: unknown, another tenant's, or erased."""
        answer = self.run_script("view", id=job_id, tenant=tenant)
        if not answer:
            return None
        fields, *where = answer
        return read_standing(dict(zip(fields[::2], fields[1::2], strict=True)), where)

    def is_gone(self, tenant: str, job_id: str) -> bool:
        """True after a job was erased or its retention ended, for seven times that, a week at most (410, not 404)."""
        return bool(self.redis.get(f"{PREFIX}gone:{job_id}") == tenant)

    def trace_of(self, job_id: str) -> str | None:
        """What the record says of its trace (``jobs.tracing``), whosever job it is: for spans alone, never shown."""
        return cast("str | None", self.redis.hget(job_key(job_id), "trace"))

    def wait(
        self, tenant: str, job_id: str, *, seen_version: int | None, until_terminal: bool, timeout_s: float
    ) -> JobView | None:
        """Block until the job ends (``until_terminal``) or its version is not ``seen_version``; at most ``timeout_s``.

        An ended job is never waited for. Returns the last view, whether anything happened or not; None when there is
        no such job (any more).
        """
        return self.wait_as(tenant, job_id, Goal(until_terminal, seen_version), Waiter(timeout_s))

    def wait_as(self, tenant: str, job_id: str, goal: Goal, waiter: Waiter) -> JobView | None:
        """As ``wait``, for somebody who may be called off. The job must have been seen to be the tenant's."""
        return wait_for(self.changes, job_id, lambda: self.get(tenant, job_id), goal, waiter)


def read_standing(record: Mapping[str, str], where: Sequence[Any]) -> JobView:
    """A view from the record's fields, and what the script ``standing`` tells besides."""
    return with_standing(read_view(record, None), where)


def with_standing(view: JobView, where: Sequence[Any]) -> JobView:
    """The view with what the script ``standing`` tells besides the fields."""
    position, own, mean, running, now_ms, lease_ms = where
    outlook = read_outlook(own, mean, running, now_ms)
    left_ms = None if lease_ms < 0 else lease_ms - now_ms
    return replace(view, queue_position=None if position < 0 else position, outlook=outlook, lease_left_ms=left_ms)
