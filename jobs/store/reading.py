"""A poller's side: one job, a listing, waiting for a change. Nothing here changes the record."""

from collections.abc import Iterator
from typing import cast

from jobs.problems import ProblemError
from jobs.records import VIEW_FIELDS, JobView, Page, read_view
from jobs.states import State
from jobs.store.base import PREFIX, RecordBase, job_key
from jobs.waiting import Goal, wait_for

SCAN_CHUNK = 200
_LISTED = (*(field for field in VIEW_FIELDS if field != "manifest"), "deleted")
"""What a listing reads of a record: not the manifest, which may be larger than all others together."""

MAX_SCANNED = 2000  # records that one listing looks through for a rare state, before it hands out a cursor to go on


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
        """A tenant's jobs, newest first, without queue positions and manifests.

        A page may hold fewer than ``limit`` and still go on.

        Raises ProblemError invalid-parameter for a cursor that no page gave.
        """
        index = f"{PREFIX}external:{tenant}:{external_id}" if external_id is not None else f"{PREFIX}jobs:{tenant}"
        items: list[JobView] = []
        last, scanned = None, 0
        for sequence, record in self._newest_first(index, read_cursor(cursor)):
            if len(items) == limit or scanned == MAX_SCANNED:
                return Page(tuple(items), cursor=str(last))
            last, scanned = sequence, scanned + 1
            if record and "deleted" not in record and state in {None, record["state"]}:
                items.append(read_view(record, None))
        return Page(tuple(items), cursor=None)

    def wait(
        self, tenant: str, job_id: str, *, seen_version: int | None, until_terminal: bool, timeout_s: float
    ) -> JobView | None:
        """Block until the job ends (``until_terminal``) or its version is not ``seen_version``; at most ``timeout_s``.

        An ended job is never waited for. Returns the last view, whether anything happened or not; None when there is
        no such job (any more).
        """
        goal = Goal(until_terminal, seen_version)
        return wait_for(self.changes, job_id, lambda: self.get(tenant, job_id), goal, timeout_s)

    def _newest_first(self, index: str, below: str) -> Iterator[tuple[int, dict[str, str]]]:
        """(sequence, record without its manifest) in falling sequence, read in chunks; an erased record is empty."""
        while True:
            found = self.redis.zrevrangebyscore(index, below, "-inf", start=0, num=SCAN_CHUNK, withscores=True)
            chunk = [(str(job_id), int(score)) for job_id, score in cast("list[tuple[str, float]]", found)]
            with self.redis.pipeline(transaction=False) as pipeline:
                for job_id, _ in chunk:
                    pipeline.hmget(job_key(job_id), _LISTED)
                found_fields = cast("list[list[str | None]]", pipeline.execute())
            records = [
                {name: value for name, value in zip(_LISTED, values, strict=True) if value is not None}
                for values in found_fields
            ]
            yield from zip((sequence for _, sequence in chunk), records, strict=True)
            if len(chunk) < SCAN_CHUNK:
                return
            below = f"({chunk[-1][1]}"


def read_cursor(cursor: str | None) -> str:
    """A page's cursor as the bound below which to go on; None begins at the newest."""
    if cursor is None:
        return "+inf"
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 16):
        detail = f"the cursor is not one that a page gave: {cursor[:40]!r}"
        raise ProblemError("invalid-parameter", detail, errors=[{"parameter": "cursor", "detail": detail}])
    return f"({cursor}"
