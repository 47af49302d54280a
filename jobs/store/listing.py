"""Many jobs at once: a tenant's, filtered; all tenants' newest; those of given ids. Nothing here changes the record."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Unpack, cast

from jobs.records import VIEW_FIELDS, JobView, Page, read_view
from jobs.selections import Filters, Selection
from jobs.states import State
from jobs.store.base import PREFIX, RecordBase, job_key
from jobs.store.cursors import read_cursor
from jobs.store.reading import with_standing

SCAN_CHUNK = 200
STANDINGS_PER_LOOK = 50  # Redis works out each, and serves nobody else meanwhile
MAX_SCANNED = 2000  # records that one listing looks through for a rare one, before it hands out a cursor to go on

_LISTED = (*(field for field in VIEW_FIELDS if field != "manifest"), "deleted", "external_id", "parent")
"""What is read of a record among many: not the manifest, which may be larger than all others together."""


class ListingStore(RecordBase):
    """What is seen of many jobs: as ``get``, but without manifests."""

    def list(self, tenant: str, *, cursor: str | None = None, limit: int = 50, **filters: Unpack[Filters]) -> Page:
        """A tenant's jobs, newest first, those alone that all ``filters`` let through.

        A page may hold fewer than ``limit`` and still go on.

        Raises ProblemError invalid-parameter for a cursor that no page gave.
        """
        wanted = Selection(**filters)
        index = PREFIX + wanted.index(tenant)
        below = read_cursor(cursor)
        if cursor is None and wanted.created_before_ms is not None:
            beyond = self.run_script("seek_created", index=index, before_ms=wanted.created_before_ms)
            below = below if beyond is None else f"({beyond}"
        return self._page(index, below, wanted, limit)

    def list_recent(
        self, tenant: str | None, *, state: State | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page:
        """As ``list``, for an operator: a tenant's jobs, or the last 10,000 of all tenants."""
        index = f"{PREFIX}recent" if tenant is None else f"{PREFIX}jobs:{tenant}"
        return self._page(index, read_cursor(cursor), Selection(state=state), limit)

    def get_many(self, tenant: str, job_ids: Sequence[str]) -> Sequence[JobView | None]:
        """The tenant's jobs of these ids, in their order, None for one that is unknown, another's, or erased.

        Nothing is said of when they will be done. Another's record is not read: how long that takes would tell of it.
        """
        own = [job_id for job_id, owner in zip(job_ids, self._owners(job_ids), strict=True) if owner == tenant]
        found = dict(zip(own, self._read_many(own), strict=True))
        return [read_view(found[job_id], None) if _is_there(found.get(job_id)) else None for job_id in job_ids]

    def _page(self, index: str, below: str, wanted: Selection, limit: int) -> Page:
        items: list[JobView] = []
        last, scanned = None, 0
        for sequence, record in self._newest_first(index, below):
            if len(items) == limit or scanned == MAX_SCANNED:
                return Page(self._with_outlooks(items), cursor=str(last))
            last, scanned = sequence, scanned + 1
            if not record or "deleted" in record:
                continue
            if wanted.ends_before(record):
                break
            if wanted.takes(record):
                items.append(read_view(record, None))
        return Page(self._with_outlooks(items), cursor=None)

    def _with_outlooks(self, views: Sequence[JobView]) -> tuple[JobView, ...]:
        """The views, and of those that have not ended where they stand."""
        found: dict[str, JobView] = {}
        waiting = [view for view in views if not view.state.is_terminal]
        for begin in range(0, len(waiting), STANDINGS_PER_LOOK):
            some = waiting[begin : begin + STANDINGS_PER_LOOK]
            ids, tenants = [view.id for view in some], [view.tenant for view in some]
            for view, told in zip(some, self.run_script("standings", ids=ids, tenants=tenants), strict=True):
                if told:  # it was not erased meanwhile
                    found[view.id] = with_standing(view, told[1:])
        return tuple(found.get(view.id, view) for view in views)

    def _newest_first(self, index: str, below: str) -> Iterator[tuple[int, dict[str, str]]]:
        """(sequence, record) in falling sequence, read in chunks."""
        while True:
            found = self.redis.zrevrangebyscore(index, below, "-inf", start=0, num=SCAN_CHUNK, withscores=True)
            chunk = [(str(job_id), int(score)) for job_id, score in cast("list[tuple[str, float]]", found)]
            records = self._read_many([job_id for job_id, _ in chunk])
            yield from zip((sequence for _, sequence in chunk), records, strict=True)
            if len(chunk) < SCAN_CHUNK:
                return
            below = f"({chunk[-1][1]}"

    def _owners(self, job_ids: Sequence[str]) -> Sequence[str | None]:
        """Whose these jobs are; None of one that is unknown."""
        with self.redis.pipeline(transaction=False) as pipeline:
            for job_id in job_ids:
                pipeline.hget(job_key(job_id), "tenant")
            return cast("list[str | None]", pipeline.execute())

    def _read_many(self, job_ids: Sequence[str]) -> Sequence[dict[str, str]]:
        """Records without their manifests; an erased one is empty."""
        with self.redis.pipeline(transaction=False) as pipeline:
            for job_id in job_ids:
                pipeline.hmget(job_key(job_id), _LISTED)
            rows = cast("list[list[str | None]]", pipeline.execute())
        return [{name: value for name, value in zip(_LISTED, row, strict=True) if value is not None} for row in rows]


def _is_there(record: Mapping[str, str] | None) -> bool:
    """Whether it was neither erased before the look nor between two."""
    return record is not None and bool(record) and "deleted" not in record
