"""A poller's side of batches: one, a listing, the items, waiting for a change. Nothing here changes the record."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from jobs.batches.records import BatchCounts, BatchPage, BatchState, BatchView, ItemPage, ItemState, ItemView
from jobs.problems import Problem, make_problem
from jobs.records import OutputRecord
from jobs.store.base import PREFIX, RecordBase, job_key
from jobs.store.cursors import read_cursor
from jobs.waiting import Goal, Waiter, wait_for

ITEMS_PER_READ = 200

_JOB_FIELDS = ("state", "outputs", "problem", "needs_review")
_ENDS = {"s": ItemState.SUCCEEDED, "f": ItemState.FAILED, "c": ItemState.CANCELED, "x": ItemState.FAILED}
_STATES = {"expired": ItemState.FAILED} | {state.value: state for state in ItemState}
_ERASED = make_problem("expired", "the job was erased, or is past its life")


class BatchReadingStore(RecordBase):
    """What a client sees of its batches; another tenant's is as absent as one that never was."""

    def get_batch(self, tenant: str, batch_id: str) -> BatchView | None:
        """The batch, or None: unknown, another tenant's, or erased (then ``is_gone`` tells)."""
        answer = self.run_script("view_batch", id=batch_id, tenant=tenant)
        return _batch_view(answer) if answer else None

    def list_batches(self, tenant: str, *, cursor: str | None = None, limit: int = 50) -> BatchPage:
        """A tenant's batches, newest first. Raises ProblemError invalid-parameter for a cursor that no page gave."""
        found = self.redis.zrevrangebyscore(
            f"{PREFIX}batches:{tenant}", read_cursor(cursor), "-inf", start=0, num=limit + 1, withscores=True
        )
        rows = cast("list[tuple[str, float]]", found)
        views = [self.get_batch(tenant, batch_id) for batch_id, _ in rows[:limit]]
        last = str(int(rows[limit - 1][1])) if len(rows) > limit else None
        return BatchPage(tuple(view for view in views if view is not None), last)

    def batch_items(self, batch: BatchView, *, state: ItemState | None = None, after: int = 0, limit: int) -> ItemPage:
        """Items in the order of their rows, those in ``state`` alone if given, from the row behind ``after``.

        A page may hold fewer than ``limit`` and still go on: at most 2,000 rows are looked through for it.
        """
        items: list[ItemView] = []
        for first in range(after + 1, min(batch.counts.total, after + 10 * ITEMS_PER_READ) + 1, ITEMS_PER_READ):
            rows = range(first, min(first + ITEMS_PER_READ, batch.counts.total + 1))
            for item in self._read_items(batch.id, rows):
                if state in {None, item.state}:
                    items.append(item)
                if len(items) == limit:
                    return ItemPage(tuple(items), item.row if item.row < batch.counts.total else None)
            after = rows[-1]
        return ItemPage(tuple(items), after if after < batch.counts.total else None)

    def wait_batch(
        self, tenant: str, batch_id: str, *, seen_version: int | None, until_terminal: bool, timeout_s: float
    ) -> BatchView | None:
        """As ``wait`` of a job: until the batch ends, or its version is not ``seen_version``; at most ``timeout_s``."""
        return self.wait_batch_as(tenant, batch_id, Goal(until_terminal, seen_version), Waiter(timeout_s))

    def wait_batch_as(self, tenant: str, batch_id: str, goal: Goal, waiter: Waiter) -> BatchView | None:
        """As ``wait_batch``, for somebody who may be called off. The batch must have been seen to be the tenant's."""
        return wait_for(self.changes, batch_id, lambda: self.get_batch(tenant, batch_id), goal, waiter)

    def run_times(self, signatures: Sequence[str]) -> dict[str, float]:
        """Mean run times in ms by signature, as far as they were measured; "*" is that of all jobs."""
        names = ["*", *signatures]
        found = cast("list[str | None]", self.redis.hmget(f"{PREFIX}times", names))
        return _read_times(names, found)

    def _read_items(self, batch_id: str, rows: Sequence[int]) -> list[ItemView]:
        """The items of these rows: first how each stands, at one moment, then their jobs."""
        with self.redis.pipeline(transaction=True) as pipeline:
            for name in ("items", "active", "ends", "problems"):
                pipeline.hmget(f"{PREFIX}batch:{batch_id}:{name}", [str(row) for row in rows])
            columns = cast("list[list[str | None]]", pipeline.execute())
        job_ids = [active or (ended or "")[1:] for _, active, ended, _ in zip(*columns, strict=True)]
        with self.redis.pipeline(transaction=False) as pipeline:
            for job_id in job_ids:
                pipeline.hmget(job_key(job_id), _JOB_FIELDS)
            jobs = cast("list[list[str | None]]", pipeline.execute())
        return [
            _item_view(row, fields, job_id, dict(zip(_JOB_FIELDS, job, strict=True)))
            for row, fields, job_id, job in zip(rows, zip(*columns, strict=True), job_ids, jobs, strict=True)
            if fields[0] is not None  # erased meanwhile
        ]


def _item_view(row: int, fields: Sequence[str | None], job_id: str, job: Mapping[str, str | None]) -> ItemView:
    item, active, ended, problem = fields
    state = ItemState.WAITING
    if ended:
        state = _ENDS[ended[0]]
    elif active:
        state = _STATES[job["state"] or "canceled"]
    known = json.loads(item or "{}")
    outputs = json.loads(job["outputs"] or "[]") if state is ItemState.SUCCEEDED else []
    return ItemView(
        row=row,
        sku=known.get("external_id"),
        state=state,
        job_id=job_id or None,
        outputs=tuple(OutputRecord(**output) for output in outputs),
        problem=_problem(state, problem or known.get("problem"), job, job_id),
        needs_review={"1": True, "0": False}.get(job["needs_review"] or ""),
    )


def _problem(state: ItemState, own: str | None, job: Mapping[str, str | None], job_id: str) -> Problem | None:
    """What is wrong with an item: its own problem, its job's, or that the job is gone with its result."""
    told = own or (job["problem"] if state is ItemState.FAILED else None)
    if told:
        return Problem.from_json(json.loads(told))
    return _ERASED if job_id and job["state"] is None else None


def _batch_view(answer: Sequence[Any]) -> BatchView:
    fields, waiting, queued, running, left, times = answer
    record = dict(zip(fields[::2], fields[1::2], strict=True))
    about = json.loads(record["about"])
    state = "running" if record["state"] == "canceling" else record["state"]
    ended = {name: int(record.get(name, 0)) for name in ("succeeded", "failed", "canceled")}
    return BatchView(
        id=record["id"],
        tenant=record["tenant"],
        state=BatchState(state),
        version=int(record["version"]),
        name=about["name"],
        ignored_columns=tuple(about["ignored_columns"]),
        counts=BatchCounts(int(record["filled"]), waiting, queued, running, **ended),
        left={name: int(number) for name, number in zip(left[::2], left[1::2], strict=True)},
        times=_read_times(["*", *left[::2]], times),
        most_outputs=int(record.get("most_outputs", 0)),
        created_ms=int(record["created_ms"]),
        finished_ms=int(record["finished_ms"]) if "finished_ms" in record else None,
        expires_ms=int(record["expires_ms"]) if "expires_ms" in record else None,
    )


def _read_times(names: Sequence[str], found: Sequence[str | None]) -> dict[str, float]:
    return {name: float(text.split()[0]) for name, text in zip(names, found, strict=False) if text}
