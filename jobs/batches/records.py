"""What the store takes and gives about batches: frozen values, and how they are packed into the record's strings."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from jobs.problems import Problem
from jobs.records import OutputRecord
from jobs.routes import lane_of, stored
from jobs.spec import JobSpec
from jobs.spec.parsing import signature
from jobs.spec.webhook import BatchWebhook


class BatchState(StrEnum):
    """``running ⇄ paused``, then ``finished`` or ``canceled``; a retry makes either run again."""

    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELED = "canceled"

    @property
    def is_terminal(self) -> bool:
        """True once every item has ended."""
        return self in {BatchState.FINISHED, BatchState.CANCELED}


class ItemState(StrEnum):
    """``waiting`` has no job yet; the rest is its job's, and a job that expired has failed."""

    WAITING = "waiting"
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


@dataclass(frozen=True)
class NewItem:
    """One row on its way in: its spec, or the problem that keeps it from having one."""

    sku: str | None
    spec: JobSpec | None = None
    problem: Problem | None = None

    def pack(self, work: str, retention_s: int) -> str:
        """As the scripts want it: what ``create`` needs, ready made. ``work`` is its hash (RecordBase.work_hash)."""
        if self.spec is None:
            assert self.problem is not None
            members: dict[str, Any] = {"external_id": self.sku, "problem": _dense(self.problem.to_json())}
            return _dense({name: value for name, value in members.items() if value is not None})
        spec = self.spec
        document, needs = stored(spec)
        members = {
            "spec": document,
            "needs": needs,
            "lane": lane_of(spec),
            "uploads": " ".join(spec.uploads),
            "external_id": spec.external_id,
            "deadline_ms": spec.deadline_s and spec.deadline_s * 1000,
            "retention_ms": (spec.expires_in_s or retention_s) * 1000,
            "asked_life": True if spec.expires_in_s else None,
            "stays": None if spec.expires_in_s else True,
            "by_url": True if getattr(spec.input, "url", None) else None,
            "work": work,
            "signature": signature(spec),
        }
        return _dense({name: value for name, value in members.items() if value is not None})


@dataclass(frozen=True)
class NewBatch:
    """All items of a batch; ``body`` is the SHA-256 (hex) of the request, which its idempotency key is bound to.

    ``base_url`` is where the client reached the API, for the links in messages to webhooks; ``request_id`` and
    ``trace`` are as in ``jobs.records.Arrival``, for all of its jobs.
    """

    items: tuple[NewItem, ...]
    name: str | None = None
    ignored_columns: tuple[str, ...] = ()
    idempotency_key: str | None = None
    body: str = ""
    webhook: BatchWebhook | None = None
    base_url: str = ""
    request_id: str = ""
    trace: str | None = None


@dataclass(frozen=True)
class BatchCounts:
    """How many items there are, and how many of them in each state."""

    total: int
    waiting: int
    queued: int
    running: int
    succeeded: int
    failed: int
    canceled: int


@dataclass(frozen=True)
class BatchView:
    """A batch as its owner sees it. ``left`` counts items that have not ended, by signature; ``times`` are mean run
    times in ms, by signature, "*" that of all jobs.
    """

    id: str
    tenant: str
    state: BatchState
    version: int
    name: str | None
    ignored_columns: tuple[str, ...]
    counts: BatchCounts
    left: Mapping[str, int]
    times: Mapping[str, float]
    most_outputs: int
    created_ms: int
    finished_ms: int | None
    expires_ms: int | None


@dataclass(frozen=True)
class ItemView:
    """One row as its owner sees it. ``needs_review`` is None where nothing was compared."""

    row: int
    sku: str | None
    state: ItemState
    job_id: str | None = None
    outputs: tuple[OutputRecord, ...] = ()
    problem: Problem | None = None
    needs_review: bool | None = None


@dataclass(frozen=True)
class BatchPage:
    """A part of a listing; ``cursor`` asks for the next part, None at the end."""

    batches: tuple[BatchView, ...]
    cursor: str | None


@dataclass(frozen=True)
class ItemPage:
    """Some items in the order of their rows; ``cursor`` is the last row looked at, None at the end."""

    items: tuple[ItemView, ...]
    cursor: int | None


@dataclass(frozen=True)
class BatchSubmission:
    """The answer to a batch; ``created`` is False when the idempotency key found an earlier one."""

    batch_id: str
    created: bool


def _dense(document: Mapping[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":"))
