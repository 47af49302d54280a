"""A follower's side: all jobs of a tenant, each told again when it changed, across reconnects."""

from dataclasses import dataclass
from typing import Any

from jobs.records import VIEW_FIELDS, JobView
from jobs.store.base import RecordBase
from jobs.store.reading import read_standing

CHANGES_PER_LOOK = 50  # the script works out where each of them stands, and Redis serves nobody else meanwhile
_FIELDS = tuple(field for field in VIEW_FIELDS if field != "manifest")


@dataclass(frozen=True)
class Change:
    """A job that changed, as it is now; ``view`` is None of one that is gone. ``count`` orders the changes."""

    count: int
    job_id: str
    view: JobView | None


@dataclass(frozen=True)
class Changes:
    """What changed, the oldest first, each job once. ``count`` is that of the newest change of any tenant's.

    Where not all is known any more that changed, ``complete`` is False and there are no ``jobs``.
    """

    count: int
    complete: bool
    jobs: tuple[Change, ...] = ()


class FollowingStore(RecordBase):
    """What those look at who are told of changes as they happen; never a manifest."""

    def glance(self, tenant: str, job_id: str) -> JobView | None:
        """As ``get``, without the manifest."""
        answer = self.run_script("view", id=job_id, tenant=tenant, fields=list(_FIELDS))
        return _view(answer) if answer else None

    def changed_since(self, tenant: str, since: int | None) -> Changes:
        """The tenant's jobs that changed after the count ``since``, at most ``CHANGES_PER_LOOK``; None: no jobs.

        The last 2,000 jobs that changed are remembered, for a day after the last of them.
        """
        count, complete, *found = self.run_script(
            "follow", tenant=tenant, since=since, limit=CHANGES_PER_LOOK, fields=list(_FIELDS)
        )
        jobs = (Change(int(float(at)), job_id, _view(told) if told else None) for at, job_id, told in found)
        return Changes(count, bool(complete), tuple(jobs))


def _view(standing: list[Any]) -> JobView:
    values, *where = standing
    record = {name: value for name, value in zip(_FIELDS, values, strict=True) if value is not None}
    return read_standing(record, where)
