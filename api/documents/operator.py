"""What an operator is told, as documents."""

from typing import Annotated, Any

from pydantic import Field

from api.documents.jobs import ListedJob
from api.documents.parts import Document, JobId, PageOf, Time
from api.documents.problems import ProblemDetails, ProblemUri

Seconds = Annotated[float | None, Field(description="Seconds; null where nothing was measured yet.")]
Milliseconds = Annotated[float | None, Field(description="Milliseconds; null where nothing was measured yet.")]
Share = Annotated[float | None, Field(ge=0, le=1)]


class Pending(Document):
    """Jobs that could be claimed now, by their priority."""

    interactive: int
    bulk: int


class Queue(Document):
    """Jobs of one priority that wait for a worker which serves their route, ``any`` where every worker does."""

    priority: str
    route: str
    jobs: int
    megapixels: Annotated[float, Field(ge=0, description="Of their photos; one that nobody has seen yet counts as 1.")]


class Quantiles(Document):
    """Half of the jobs took at most ``p50``, 95 of 100 at most ``p95``."""

    p50: Seconds
    p95: Seconds


class Latency(Document):
    """How long the last jobs took that succeeded or failed, 1,000 at most: in the queue, at work, and both."""

    jobs: int
    since: Annotated[Time | None, Field(description="When the oldest of them ended.")]
    wait_s: Quantiles
    run_s: Quantiles
    total_s: Quantiles


class Throughput(Document):
    """Jobs that succeeded or failed, in the last five minutes; what the networks answered for, in the last one."""

    jobs_per_minute: float
    megapixels_per_s: Annotated[float, Field(ge=0)]


class ProblemCount(Document):
    """How many of the last 1,000 failures had this problem."""

    type: ProblemUri
    count: int
    recent: Annotated[int, Field(ge=0, description="How many of them in the last five minutes.")]
    last_at: Time
    last_job: JobId


class RedisFacts(Document):
    """The job store. ``max_mb`` is null where its memory is not bounded."""

    used_mb: float
    max_mb: float | None
    version: str
    lost_at: Annotated[
        Time | None,
        Field(description="When it lost jobs that it had acknowledged; null where it did not in the last seven days."),
    ]


class Overview(Document):
    """How the service does, over all tenants."""

    pending: Pending
    queues: Annotated[list[Queue], Field(description="The same jobs, by priority and route.")]
    running: int
    delayed: Annotated[int, Field(description="Jobs that wait for their next attempt.")]
    oldest_pending_s: Seconds
    dead: Annotated[int, Field(description="Jobs that gave up, and wait for the operator.")]
    open_batches: int
    workers: int
    throughput: Throughput
    latency: Latency
    problems: list[ProblemCount]
    redis: RedisFacts
    hints_waiting: Annotated[int, Field(description="Wake-up messages that no worker has taken yet.")]


class WaitMs(Document):
    """From a submission to the engine until its first batch."""

    p50: Milliseconds
    p95: Milliseconds


class EngineFigures(Document):
    """How the engine batches: of the last 1,000 batches, but for ``batches``, which counts all since the start."""

    batches: int
    mean_batch: Annotated[float | None, Field(description="Slots in a batch, on average.")]
    fill: Annotated[Share, Field(description="The part of what the network saw that belonged to a photo.")]
    wait_ms: WaitMs
    device_busy: Annotated[Share, Field(description="The part of the last minute in which the device had work.")]
    megapixels_per_s: Annotated[
        float | None, Field(ge=0, description="That the networks answered for, in the last minute.")
    ] = None
    flush_reasons: Annotated[
        dict[str, int], Field(description="Why the batches of the last minute left, and how many did for that.")
    ] = Field(default_factory=dict)


class Worker(Document):
    """A living worker. ``engine`` is null of one of an earlier version."""

    owner: str
    host: str
    pid: int
    backend: str
    device: str
    threads: Annotated[int, Field(description="Jobs that it can run at once.")]
    running: int
    jobs: Annotated[list[JobId], Field(description="Those that it runs now.")]
    started_at: Time
    beat_at: Time
    silent_s: Annotated[float, Field(ge=0, description="Seconds since then; of one that was killed they grow.")]
    blobs_fault: Annotated[
        str | None, Field(description="Why its blob store does not answer: until it does, it takes no jobs. Else null.")
    ]
    models: dict[str, Any]
    engine: EngineFigures | None


class Workers(Document):
    """All living workers."""

    items: list[Worker]


class TenantLoad(Document):
    """How much of a tenant's is under way: its jobs that have not ended, and how many of them could be claimed now."""

    tenant: str
    active: Annotated[int, Field(ge=1)]
    pending: Annotated[int, Field(ge=0)]


class TenantLoads(Document):
    """The tenants with the most jobs that have not ended; ``tenants`` is how many have any."""

    items: list[TenantLoad]
    tenants: int


class TenantJob(ListedJob):
    """A job as listings have it, and whose it is."""

    tenant: str


class TenantJobPage(PageOf[TenantJob]):
    """Jobs of all tenants, or of one, newest first."""


class Failure(Document):
    """A job that failed or expired; ``dead`` while it is on the list of those that gave up."""

    id: JobId
    tenant: str
    problem: ProblemDetails
    attempt: int
    finished_at: Time
    dead: bool


class FailurePage(PageOf[Failure]):
    """Failures, newest first."""


class Requeued(Document):
    """How many jobs are queued again, and how many are still dead."""

    requeued: int
    left: int
