"""What the store takes and gives: frozen values, and how they are read out of the record's strings."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from jobs.audit import Note
from jobs.outlook import Outlook
from jobs.problems import Problem
from jobs.routes import ANY, parts_of_lane, read_stored
from jobs.spec import JobSpec
from jobs.states import State

Beat = Literal["ok", "cancel", "lost"]

_SEED_BYTES = 4  # as many as a spec's own seed may have


@dataclass(frozen=True)
class Arrival:
    """By which request a job came: ``base_url`` is where the client reached the API, for the links in messages to
    webhooks; ``note`` goes into the audit log with the job's id. ``request_id`` is for the log, and ``trace`` what
    ``jobs.tracing`` carries to the worker; neither is shown to anyone but the operator.
    """

    base_url: str = ""
    note: Note | None = None
    request_id: str = ""
    trace: str | None = None


@dataclass(frozen=True)
class Submission:
    """The answer to a submit; ``created`` is False when the idempotency key found an earlier job."""

    job_id: str
    created: bool


@dataclass(frozen=True)
class Claim:
    """A leased job. ``token`` fences every later word about it; from ``attempt`` 2 on, run it alone (poison).

    With the end of one ``in_batch`` others of its batch become pending. ``lost`` counts the earlier attempts whose
    worker was never heard of again. ``more`` jobs wait besides that not every worker can do, but the one that asked.
    ``trace`` is what ``jobs.tracing`` carried from the request of that id; ``waited_ms`` is for how long the job was
    queued before this attempt.
    """

    job_id: str
    tenant: str
    spec: JobSpec
    attempt: int
    token: str
    deadline_ms: int | None
    created_ms: int
    in_batch: bool = False
    lost: int = 0
    more: int = 0
    trace: str = ""
    request_id: str = ""
    waited_ms: int = 0

    @property
    def suspect(self) -> bool:
        """Whether it may be what ended the process of an earlier attempt."""
        return self.lost > 0

    @property
    def seed(self) -> int:
        """The spec's seed, or one from the job's id: the same at every attempt, so that a lost one changes nothing."""
        if self.spec.seed is not None:
            return self.spec.seed
        return int.from_bytes(hashlib.sha256(self.job_id.encode()).digest()[:_SEED_BYTES], "big")


@dataclass(frozen=True)
class OutputRecord:
    """One result: a blob path and what lies there.

    `rendition` is the channel that it was made for, and `name` what its file is called; both empty for a job's plain
    result. `needs_review` where a person should look at it first; the manifest says why.
    """

    index: int
    path: str
    format: str
    width: int
    height: int
    bytes: int
    sha256: str
    rendition: str = ""
    name: str = ""
    needs_review: bool = False


@dataclass(frozen=True)
class Decision:
    """What a person decided about an output, and when (Redis' Unix milliseconds)."""

    verdict: Literal["approved", "rejected"]
    note: str
    at_ms: int


@dataclass(frozen=True)
class UploadRecord:
    """A stored photo: its blob path (a fresh nonce for each storing), its size in bytes and its pixels."""

    path: str
    size: int
    format: str
    width: int
    height: int


@dataclass(frozen=True)
class Progress:
    """How far a running job is: ``fraction`` 0..1, and the name of the stage.

    ``step`` is the operation that it is at, from 0 (-1 before the first, as many as there are behind the last; None
    where nobody told), and ``within`` how far that is, 0..1.
    """

    fraction: float
    stage: str
    step: int | None = None
    within: float = 0.0


@dataclass(frozen=True)
class JobView:
    """A job as its owner sees it. ``version`` grows with every visible change; times are Redis' Unix milliseconds."""

    id: str
    tenant: str
    state: State
    version: int
    attempt: int
    spec: JobSpec
    progress: Progress
    queue_position: int | None
    outputs: tuple[OutputRecord, ...]
    manifest: dict[str, Any] | None
    problem: Problem | None
    cancel_requested: bool
    created_ms: int
    started_ms: int | None
    finished_ms: int | None
    expires_ms: int | None
    decisions: Mapping[int, Decision] = field(default_factory=dict)
    """By the output's index; of outputs that nobody decided about there is none."""
    outlook: Outlook | None = field(default=None, compare=False)
    """For an estimate of its end; None in listings."""
    route: str = ANY
    """Which workers may do it (``jobs.routes``)."""
    lease_left_ms: int | None = field(default=None, compare=False)
    """Until its worker loses it unless it speaks up, below 0 where nobody took it back yet; None unless it runs."""


@dataclass(frozen=True)
class Page:
    """A part of a listing; ``cursor`` asks for the next part, None at the end. Items may be fewer than the limit."""

    items: tuple[JobView, ...]
    cursor: str | None


@dataclass(frozen=True)
class Lapsed:
    """An attempt whose worker, ``owner``, let its lease run out; it had run for ``ran_ms`` when that was noticed."""

    job_id: str
    tenant: str
    attempt: int
    owner: str
    ran_ms: int
    request_id: str = ""
    trace: str = ""


@dataclass(frozen=True)
class ReapReport:
    """What one call of ``reap`` did. ``garbage`` are blob prefixes and paths that nothing refers to any more."""

    requeued: int = 0  # leases over, queued again
    dead: int = 0  # leases over at the last attempt: failed with gave-up
    expired: int = 0  # deadlines over
    due: int = 0  # delayed retries that came due
    removed: int = 0  # records past their retention
    uploads: int = 0  # uploads past their life
    hints: Mapping[str, int] = field(default_factory=dict)  # jobs pending beyond the hints that wait, by queue of hints
    batches: int = 0  # batches looked at
    lapsed: tuple[Lapsed, ...] = ()  # the attempts whose leases were over
    record_lost: bool = False  # Redis came back with less than this process has seen (FLUSHALL, lost AOF tail)
    garbage: list[str] = field(default_factory=list)

    def reaches(self, limit: int) -> bool:
        """Whether something was as much as one sweep of that limit takes: there is more to do at once."""
        lapsed = self.requeued + self.dead
        return max(lapsed, self.expired, self.due, self.removed, self.uploads, len(self.garbage)) >= limit

    @property
    def hints_missing(self) -> int:
        """Jobs pending minus hints waiting, never negative."""
        return sum(self.hints.values())


def read_lapsed(told: str) -> Lapsed:
    """What ``lua/sweep_leases.lua`` tells of one."""
    known = json.loads(told)
    return Lapsed(
        job_id=known["job_id"],
        tenant=known.get("tenant", ""),
        attempt=int(known.get("attempt", 0)),
        owner=known.get("owner", ""),
        ran_ms=max(0, int(known["ran_ms"])),
        request_id=known.get("request", ""),
        trace=known.get("trace", ""),
    )


def dump_outputs(outputs: list[OutputRecord]) -> str:
    """The outputs as JSON for the record."""
    return json.dumps([asdict(output) for output in outputs], separators=(",", ":"))


VIEW_FIELDS = (
    *("id", "tenant", "state", "version", "attempt", "spec", "fraction", "stage", "outputs", "manifest", "problem"),
    *("needs", "lane"),
    "step",
    *("cancel", "created_ms", "started_ms", "finished_ms", "expires_ms", "decisions"),
)
"""The fields of a record that `read_view` looks at."""


def read_view(record: Mapping[str, str], queue_position: int | None, outlook: Outlook | None = None) -> JobView:
    """Build the view from the fields of ``packshot:job:<id>``."""
    return JobView(
        id=record["id"],
        tenant=record["tenant"],
        state=State(record["state"]),
        version=int(record["version"]),
        attempt=int(record["attempt"]),
        spec=read_stored(record["spec"], record.get("needs"), record.get("lane", "")),
        progress=_progress(record),
        queue_position=queue_position,
        outputs=tuple(OutputRecord(**item) for item in json.loads(record.get("outputs", "[]"))),
        manifest=json.loads(record["manifest"]) if "manifest" in record else None,
        problem=Problem.from_json(json.loads(record["problem"])) if "problem" in record else None,
        cancel_requested="cancel" in record,
        created_ms=int(record["created_ms"]),
        started_ms=_time(record, "started_ms"),
        finished_ms=_time(record, "finished_ms"),
        expires_ms=_time(record, "expires_ms"),
        decisions={int(index): Decision(**told) for index, told in json.loads(record.get("decisions", "{}")).items()},
        outlook=outlook,
        route=parts_of_lane(record.get("lane", ""))[1],
    )


def _progress(record: Mapping[str, str]) -> Progress:
    step, _, within = record.get("step", "").partition(" ")
    fraction, stage = float(record.get("fraction", 0)), record.get("stage", "")
    return Progress(fraction, stage, int(step), float(within)) if step else Progress(fraction, stage)


def _time(record: Mapping[str, str], name: str) -> int | None:
    return int(record[name]) if name in record else None
