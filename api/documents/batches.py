"""Batches as documents: a batch, its rows, the answer to a manifest, and the dry run's."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from api.documents.parts import BatchId, Document, JobId, PageOf, Sha256, Time, Url
from api.documents.problems import Mistake, ProblemDetails
from jobs.batches.records import BatchState, ItemState


class Counts(Document):
    """How many rows there are, and how many in each state."""

    total: int
    waiting: int
    queued: int
    running: int
    succeeded: int
    failed: int
    canceled: int


class BatchUrls(Document):
    """Where to find a batch and what belongs to it, and where to tell it what."""

    self: Url
    items: Url
    results: Url
    archive: Url
    cancel: Url
    pause: Url
    resume: Url
    retry: Url
    events: Url


class Batch(Document):
    """A catalogue under way. ``eta_note`` says why there is no ``eta_s``, or on what it rests."""

    id: BatchId
    name: str | None
    state: BatchState
    counts: Counts
    eta_s: float | None
    eta_note: str | None
    created_at: Time
    finished_at: Time | None
    expires_at: Time | None
    ignored_columns: Annotated[list[str], Field(description="Columns of a CSV that mean nothing here.")]
    urls: BatchUrls


class AcceptedBatch(Batch):
    """A batch that was taken; ``errors`` are the faults of rows that were skipped."""

    errors: list[Mistake]


class BatchPage(PageOf[Batch]):
    """Batches, newest first."""


class ItemOutput(Document):
    """One picture of a row; ``name`` is what its file is called in the archive."""

    index: int
    rendition: str | None
    name: str
    url: Url
    format: Literal["jpeg", "png", "webp", "avif"]
    width: int
    height: int
    bytes: int
    sha256: Sha256
    needs_review: bool


class Item(Document):
    """One row: its job, its pictures or its problem. ``needs_review`` is null where nothing was compared."""

    row: int
    sku: str | None
    state: ItemState
    job: JobId | None
    outputs: list[ItemOutput]
    problem: ProblemDetails | None
    needs_review: bool | None


class ItemPage(PageOf[Item]):
    """Rows, in their order."""


class BatchEstimate(Document):
    """How long the rows would take: ``parallel`` jobs at once, ``jobs`` of them once equal ones are done together."""

    seconds: float | None
    reason: str | None
    parallel: int
    jobs: int


class DryRun(Document):
    """What a manifest would do; nothing was written."""

    total: int
    valid: int
    invalid: int
    errors: list[Mistake]
    ignored_columns: list[str]
    estimate: BatchEstimate


class BatchManifest(Document):
    """A catalogue as JSON. A row has a job's fields, and shorter ones: ``sku``, ``upload``, ``url``, ``preset``,
    ``color``; what it says itself wins over the ``defaults``. Rows are looked at one by one, and each fault is told.
    """

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    defaults: dict[str, Any] = Field(default_factory=dict)
    items: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=10_000)]
