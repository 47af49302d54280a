"""Jobs as documents: a job as it is polled, as listings have it, and the answer to a submit."""

from typing import Annotated, Literal

from pydantic import Field

from api.documents.manifests import Manifest, ReviewFound
from api.documents.parts import Document, JobId, PageOf, Sha256, Time, Url
from api.documents.problems import ProblemDetails
from jobs.spec import JobSpec
from jobs.states import State


class OperationProgress(Document):
    """How far one operation of the spec is."""

    op: str
    state: Literal["waiting", "running", "done"]
    fraction: Annotated[float, Field(ge=0, le=1)]


class Progress(Document):
    """How far a running job is, in all and by operation."""

    fraction: Annotated[float, Field(ge=0, le=1)]
    stage: str
    operations: list[OperationProgress]


class Decision(Document):
    """What a person said of a picture."""

    verdict: Literal["approved", "rejected"]
    note: str
    at: Time


class Picture(Document):
    """One picture. Its ``url`` is signed and works without a key until it expires; ask for the job again for a new one.

    ``rendition`` is the channel that it was made for, and ``name`` what its file is called there; both are absent of a
    job's plain result.
    """

    index: int
    url: Url
    format: Literal["jpeg", "png", "webp", "avif"]
    width: int
    height: int
    bytes: int
    sha256: Sha256
    needs_review: Annotated[bool, Field(description="Whether a person should look at it first.")]
    rendition: str | None = None
    name: str | None = None


class Output(Picture):
    """One picture of a job, and what a person decided about it; null where nobody did."""

    decision: Decision | None


class JobUrls(Document):
    """Where to find a job and what belongs to it."""

    self: Url
    cancel: Url
    events: Url
    manifest: Url


class WaitingFor(Document):
    """What one worker must have that does the job: a kind of device, versions of models, and operations by name."""

    device: Literal["gpu", "cpu"] | None
    models: dict[str, str]
    operations: dict[str, str]


class WorkerSilence(Document):
    """A worker that was killed, or is cut off, says nothing. Its job is kept for it that long, then it is another's."""

    for_s: Annotated[float, Field(ge=0, description="Seconds since the worker was heard of.")]
    job_kept_s: Annotated[float, Field(ge=0, description="Seconds until the job is queued again; 0: when one looks.")]


class ListedJob(Document):
    """A job as listings have it: all but its manifest and review."""

    id: JobId
    state: State
    progress: Progress
    queue_position: Annotated[int | None, Field(description="How many jobs are before it; null unless it is queued.")]
    waiting_for: Annotated[
        WaitingFor | None, Field(description="What it needs that no living worker has; it waits until one comes.")
    ]
    worker_silence: Annotated[
        WorkerSilence | None, Field(description="Of a running job whose worker misses its beats; else null.")
    ]
    eta_s: Annotated[
        float | None, Field(description="Seconds until it is expected to be done; null when ended or unknown.")
    ]
    attempt: int
    cancel_requested: bool
    created_at: Time
    started_at: Time | None
    finished_at: Time | None
    expires_at: Annotated[Time | None, Field(description="When the record and the pictures are removed.")]
    outputs: list[Output]
    needs_review: bool
    problem: Annotated[ProblemDetails | None, Field(description="Why the job failed.")]
    spec: Annotated[JobSpec, Field(description="What was asked, defaults filled in.")]
    urls: JobUrls


class Job(ListedJob):
    """A job. ``review`` and ``manifest`` are there once it has succeeded."""

    review: ReviewFound | None
    manifest: Manifest | None


class AcceptedJob(Document):
    """A job that was taken: where to follow it."""

    id: JobId
    state: State
    urls: JobUrls


class JobPage(PageOf[ListedJob]):
    """Jobs, newest first."""
