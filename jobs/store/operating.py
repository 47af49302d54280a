"""An operator's side: all tenants' jobs in figures, what went wrong, and another try for those that gave up."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import cast

from jobs.figures import KEPT, RECENT_MS, Backlog, End, Failure, FailureKind, FailurePage, Pending, TenantLoad
from jobs.problems import Problem, ProblemError
from jobs.routes import ANY, hint_queues, parts_of_lane
from jobs.store.base import PREFIX, RecordBase, job_key
from jobs.store.cursors import bad_cursor
from jobs.tokens import new_token

REQUEUED_PER_CALL = 1000

_FAILURES_CURSOR = re.compile(r"([0-9]{1,16})\.(job_[0-9a-v]{26})")
CLASSES = ("interactive", "bulk")

_FIELDS = ("tenant", "state", "problem", "attempt", "finished_ms", "dead")


class OperatingStore(RecordBase):
    """What the operator sees and does. Nothing here looks through all jobs: it reads counters and bounded lists."""

    def backlog(self) -> Backlog:
        """How much there is to do."""
        with self.redis.pipeline(transaction=False) as pipeline:
            pipeline.hgetall(f"{PREFIX}depth")
            for name in ("lease", "delayed", "open-batches"):
                pipeline.zcard(f"{PREFIX}{name}")
            for name in (f"{PREFIX}dead", *hint_queues(self.settings.hint_queue)):
                pipeline.llen(name)
            depth, running, delayed, open_batches, dead, *hints = pipeline.execute()
        lanes = _pending(depth)
        since_ms, now_ms = self.run_script("oldest_pending")
        return Backlog(
            pending={kind: sum(lane.jobs for lane in lanes if lane.priority == kind) for kind in CLASSES},
            running=running,
            delayed=delayed,
            dead=dead,
            open_batches=open_batches,
            hints_waiting=sum(hints),
            oldest_pending_s=None if since_ms is None else max(0, now_ms - since_ms) / 1000,
            now_ms=now_ms,
            lanes=lanes,
        )

    def recent_ends(self) -> list[End]:
        """The last thousand jobs that succeeded or failed, newest first."""
        told = cast("list[str]", self.redis.lrange(f"{PREFIX}recent-ends", 0, KEPT - 1))
        return [End(*(int(number) for number in line.split())) for line in told]

    def failure_kinds(self) -> list[FailureKind]:
        """The last thousand failures by their problem, the most frequent first."""
        kinds: dict[str, FailureKind] = {}
        seconds, _ = self.redis.time()
        for finished_ms, job_id, slug in self._failures():
            known = kinds.get(slug) or FailureKind(slug, 0, finished_ms, job_id)
            recent = known.recent + (finished_ms > seconds * 1000 - RECENT_MS)
            kinds[slug] = replace(known, count=known.count + 1, recent=recent)
        return sorted(kinds.values(), key=lambda kind: (-kind.count, -kind.last_ms))

    def busiest_tenants(self, limit: int) -> tuple[list[TenantLoad], int]:
        """The tenants with the most jobs that have not ended, and how many tenants have any.

        Costs as much as there are such tenants, and a command for each lane of those that are told.
        """
        told = cast("dict[str, str]", self.redis.hgetall(f"{PREFIX}active"))
        active = {name: int(many) for name, many in told.items()}
        names = sorted(active, key=lambda name: (-active[name], name))[:limit]
        lanes = sorted(cast("list[str]", self.redis.hkeys(f"{PREFIX}depth")))
        with self.redis.pipeline(transaction=False) as pipeline:
            for name in names:
                for lane in lanes:
                    pipeline.zcard(f"{PREFIX}queue:{lane}:{name}")
            found = iter(cast("list[int]", pipeline.execute()))
        return [TenantLoad(name, active[name], sum(islice(found, len(lanes)))) for name in names], len(active)

    def failures(self, *, cursor: str | None = None, limit: int = 50) -> FailurePage:
        """Of the last thousand jobs that failed or expired those that are still there, newest first.

        Raises ProblemError invalid-parameter for a cursor that no page gave.
        """
        below = _failures_bound(cursor)
        rows = [(at, job_id) for at, job_id, _ in self._failures() if below is None or (at, job_id) < below]
        items = self._read_failures(job_id for _, job_id in rows[:limit])
        last = f"{rows[limit - 1][0]}.{rows[limit - 1][1]}" if len(rows) > limit else None
        return FailurePage(items, last)

    def dead_jobs(self, *, cursor: str | None = None, limit: int = 50) -> FailurePage:
        """The jobs that gave up, newest first. Raises ProblemError invalid-parameter for a cursor that no page gave."""
        if cursor is not None and not (cursor.isascii() and cursor.isdigit() and 0 < int(cursor) < 10**9):
            raise bad_cursor(cursor)
        length = int(self.redis.llen(f"{PREFIX}dead"))
        end = min(length, int(cursor)) if cursor else length  # counted from the oldest, which new ones do not move
        start = max(0, end - limit)
        ids = cast("list[str]", self.redis.lrange(f"{PREFIX}dead", start, end - 1)) if end else []
        return FailurePage(self._read_failures(reversed(ids)), str(start) if start else None)

    def owner_of(self, job_id: str) -> str | None:
        """Whose job it is; None where there is none."""
        return cast("str | None", self.redis.hget(job_key(job_id), "tenant"))

    def requeue_dead(self, job_id: str) -> None:
        """→ queued, with all its attempts before it, in its old place in the queue; a deadline that passed is dropped.

        Raises ProblemError: not-found (it is not on the list of the dead), upload-gone.
        """
        answer, upload = self.run_script("requeue_dead", id=job_id, call=new_token())
        if answer == "none":
            raise ProblemError("not-found", f"{job_id} is not on the list of dead jobs")
        if answer == "no-upload":
            raise ProblemError("upload-gone", f"the photo sha256:{upload} is past its life; {job_id} cannot run again")

    def requeue_all_dead(self) -> list[str]:
        """As ``requeue_dead`` for all whose uploads are there, the oldest first, at most 1,000; returns their ids."""
        requeued: list[str] = []
        for job_id in cast("list[str]", self.redis.lrange(f"{PREFIX}dead", 0, -1)):
            if len(requeued) == REQUEUED_PER_CALL:
                break
            if self.run_script("requeue_dead", id=job_id, call=new_token())[0] == "ok":
                requeued.append(job_id)
        return requeued

    def strike_dead(self, job_id: str) -> bool:
        """Take a job off the list of the dead; it stays failed until its retention ends. False: it was not on it."""
        return bool(self.run_script("strike_dead", id=job_id))

    def _failures(self) -> Iterator[tuple[int, str, str]]:
        """(when, job, problem's slug) of the failures remembered, newest first."""
        found = self.redis.zrevrange(f"{PREFIX}failures", 0, KEPT - 1, withscores=True)
        for member, at_ms in cast("list[tuple[str, float]]", found):
            job_id, slug = member.split(" ")
            yield int(at_ms), job_id, slug

    def _read_failures(self, job_ids: Iterable[str]) -> tuple[Failure, ...]:
        """What the records say; a job that was erased or tries again meanwhile is left out."""
        ids = list(job_ids)
        with self.redis.pipeline(transaction=False) as pipeline:
            for job_id in ids:
                pipeline.hmget(job_key(job_id), _FIELDS)
            rows = cast("list[list[str | None]]", pipeline.execute())
        found = (_failure(job_id, *row) for job_id, row in zip(ids, rows, strict=True))
        return tuple(failure for failure in found if failure is not None)


def _pending(depth: Mapping[str, str]) -> tuple[Pending, ...]:
    """The lanes that have jobs, and both of those that any worker serves."""
    lanes = {Pending(*parts_of_lane(lane), int(jobs)) for lane, jobs in depth.items()}
    lanes |= {Pending(kind, ANY, 0) for kind in CLASSES if kind not in depth}
    return tuple(sorted(lanes, key=lambda lane: (lane.route != ANY, lane.route, -CLASSES.index(lane.priority))))


def _failure(job_id: str, tenant: str | None, state: str | None, *told: str | None) -> Failure | None:
    problem, attempt, finished_ms, dead = told
    if tenant is None or problem is None or finished_ms is None or state not in {"failed", "expired"}:
        return None
    why = Problem.from_json(json.loads(problem))
    return Failure(job_id, tenant, why, int(attempt or 0), int(finished_ms), dead is not None)


def _failures_bound(cursor: str | None) -> tuple[int, str] | None:
    if cursor is None:
        return None
    match = _FAILURES_CURSOR.fullmatch(cursor)
    if match is None:
        raise bad_cursor(cursor)
    return int(match[1]), match[2]
