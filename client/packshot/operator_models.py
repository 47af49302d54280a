"""How a whole service does, as frozen values. Times are as RFC 3339 has them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from packshot.problems import Problem, parse_problem
from packshot.reading import Document, as_document, take, take_optional


@dataclass(frozen=True)
class Quantiles:
    """Half of them took at most `p50`, 95 of 100 at most `p95`; None where nothing was measured."""

    p50: float | None = None
    p95: float | None = None

    @classmethod
    def parse(cls, document: Document | None) -> "Quantiles":
        """Raises MalformedAnswer."""
        return cls(*(take_optional(document or {}, name, float) for name in ("p50", "p95")))


@dataclass(frozen=True)
class Latency:
    """How long the last `jobs` took, in seconds: in the queue, at work, and both. The oldest ended at `since`."""

    jobs: int = 0
    since: str | None = None
    wait_s: Quantiles = field(default_factory=Quantiles)
    run_s: Quantiles = field(default_factory=Quantiles)
    total_s: Quantiles = field(default_factory=Quantiles)

    @classmethod
    def parse(cls, document: Document) -> "Latency":
        """Raises MalformedAnswer."""
        spans = (Quantiles.parse(take_optional(document, name, dict)) for name in ("wait_s", "run_s", "total_s"))
        return cls(take_optional(document, "jobs", int) or 0, take_optional(document, "since", str), *spans)


@dataclass(frozen=True)
class ProblemCount:
    """How many of the last failures had a problem of this `type`."""

    type: str
    count: int
    last_at: str | None = None
    last_job: str | None = None
    recent: int = 0
    """In the last five minutes."""

    @classmethod
    def parse(cls, document: Document) -> "ProblemCount":
        """Raises MalformedAnswer."""
        return cls(
            type=take(document, "type", str),
            count=take(document, "count", int),
            last_at=take_optional(document, "last_at", str),
            last_job=take_optional(document, "last_job", str),
            recent=take_optional(document, "recent", int) or 0,
        )


@dataclass(frozen=True)
class QueueLoad:
    """Jobs of one priority that wait for workers which serve their `route`, and the megapixels of their photos."""

    priority: str
    route: str
    jobs: int
    megapixels: float = 0.0

    @classmethod
    def parse(cls, document: Document) -> "QueueLoad":
        """Raises MalformedAnswer."""
        return cls(
            priority=take(document, "priority", str),
            route=take(document, "route", str),
            jobs=take(document, "jobs", int),
            megapixels=take_optional(document, "megapixels", float) or 0.0,
        )


@dataclass(frozen=True)
class TenantLoad:
    """A tenant's jobs that have not ended, and those of them that could be claimed now."""

    tenant: str
    active: int
    pending: int = 0

    @classmethod
    def parse(cls, document: Document) -> "TenantLoad":
        """Raises MalformedAnswer."""
        pending = take_optional(document, "pending", int) or 0
        return cls(take(document, "tenant", str), take(document, "active", int), pending)


@dataclass(frozen=True)
class Overview:
    """All of the queue: `pending` jobs by priority, those that run, that wait for their next attempt, that gave up.

    `queues` has what is pending by priority and route; `megapixels_per_s` is what all networks answered for.

    `redis` has `used_mb`, `max_mb`, `version` and `lost_at` of the job store: when it last lost jobs, or None.
    """

    pending: Mapping[str, int]
    running: int
    delayed: int
    dead: int
    workers: int
    open_batches: int
    hints_waiting: int
    oldest_pending_s: float | None
    jobs_per_minute: float | None
    latency: Latency
    problems: tuple[ProblemCount, ...]
    redis: Document
    queues: tuple[QueueLoad, ...] = ()
    megapixels_per_s: float | None = None

    @classmethod
    def parse(cls, document: Document) -> "Overview":
        """Raises MalformedAnswer."""
        pending = take_optional(document, "pending", dict) or {}
        problems = take_optional(document, "problems", list) or []
        throughput = take_optional(document, "throughput", dict) or {}
        counted = ("running", "delayed", "dead", "workers", "open_batches", "hints_waiting")
        return cls(
            pending={name: take(pending, name, int) for name in pending},
            **{name: take_optional(document, name, int) or 0 for name in counted},
            oldest_pending_s=take_optional(document, "oldest_pending_s", float),
            jobs_per_minute=take_optional(throughput, "jobs_per_minute", float),
            latency=Latency.parse(take_optional(document, "latency", dict) or {}),
            problems=tuple(ProblemCount.parse(as_document(one)) for one in problems),
            redis=take_optional(document, "redis", dict) or {},
            queues=tuple(QueueLoad.parse(as_document(one)) for one in take_optional(document, "queues", list) or []),
            megapixels_per_s=take_optional(throughput, "megapixels_per_s", float),
        )


@dataclass(frozen=True)
class EngineFigures:
    """How well a worker's engine fills its batches: shares are 0..1, None where nothing was measured."""

    batches: int = 0
    mean_batch: float | None = None
    fill: float | None = None
    wait_ms: Quantiles = field(default_factory=Quantiles)
    device_busy: float | None = None
    megapixels_per_s: float | None = None
    flush_reasons: Document = field(default_factory=dict)

    @classmethod
    def parse(cls, document: Document) -> "EngineFigures":
        """Raises MalformedAnswer."""
        return cls(
            batches=take_optional(document, "batches", int) or 0,
            wait_ms=Quantiles.parse(take_optional(document, "wait_ms", dict)),
            flush_reasons=take_optional(document, "flush_reasons", dict) or {},
            **{
                name: take_optional(document, name, float)
                for name in ("mean_batch", "fill", "device_busy", "megapixels_per_s")
            },
        )


@dataclass(frozen=True)
class Worker:
    """A living worker: where it runs, on which device, and how many jobs of the `threads` that it could run.

    All that is as it was `silent_s` seconds ago. `blobs_fault` is why its blob store does not answer, and it takes no
    jobs; None while it does.
    """

    owner: str
    host: str
    pid: int
    backend: str
    device: str
    threads: int
    running: int
    jobs: tuple[str, ...] = ()
    started_at: str | None = None
    beat_at: str | None = None
    models: Document = field(default_factory=dict)
    engine: EngineFigures | None = None
    silent_s: float = 0.0
    blobs_fault: str | None = None

    @classmethod
    def parse(cls, document: Document) -> "Worker":
        """Raises MalformedAnswer."""
        engine = take_optional(document, "engine", dict)
        return cls(
            owner=take(document, "owner", str),
            host=take_optional(document, "host", str) or "",
            pid=take_optional(document, "pid", int) or 0,
            backend=take_optional(document, "backend", str) or "",
            device=take_optional(document, "device", str) or "",
            threads=take_optional(document, "threads", int) or 0,
            running=take_optional(document, "running", int) or 0,
            jobs=tuple(map(str, take_optional(document, "jobs", list) or [])),
            started_at=take_optional(document, "started_at", str),
            beat_at=take_optional(document, "beat_at", str),
            models=take_optional(document, "models", dict) or {},
            engine=None if engine is None else EngineFigures.parse(engine),
            silent_s=take_optional(document, "silent_s", float) or 0.0,
            blobs_fault=take_optional(document, "blobs_fault", str),
        )


@dataclass(frozen=True)
class Failure:
    """A job, whosever it is, that failed or expired; `dead` while it waits for the operator."""

    job: str
    tenant: str
    problem: Problem | None
    attempt: int = 0
    finished_at: str | None = None
    dead: bool = False

    @classmethod
    def parse(cls, document: Document) -> "Failure":
        """Raises MalformedAnswer."""
        problem = take_optional(document, "problem", dict)
        return cls(
            job=take(document, "id", str),
            tenant=take_optional(document, "tenant", str) or "",
            problem=None if problem is None else parse_problem(problem),
            attempt=take_optional(document, "attempt", int) or 0,
            finished_at=take_optional(document, "finished_at", str),
            dead=bool(document.get("dead")),
        )
