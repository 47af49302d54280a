"""What the service posts to webhook endpoints, as documents. The worker writes them; here they are described."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from api.documents.jobs import Picture
from api.documents.parts import BatchId, Document, JobId, Time, Url


class ToldProblem(Document):
    """What went wrong, as the job's own document says it but for the HTTP status, which is no message's."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    detail: str


class ToldUrls(Document):
    """Where to ask for more, with a key."""

    self: Url


class ToldJob(Document):
    """The job as it ended. Its links are signed anew at each attempt; one that was erased meanwhile has no outputs."""

    id: JobId
    state: Literal["succeeded", "failed", "canceled", "expired"]
    external_id: str | None
    metadata: dict[str, str]
    parent: dict[str, Any] | None
    outputs: list[Picture]
    needs_review: bool
    problem: ToldProblem | None
    created_at: Time
    finished_at: Time
    urls: ToldUrls


class ToldCounts(Document):
    """How many rows ended in which way."""

    total: int
    succeeded: int
    failed: int
    canceled: int


class ToldBatch(Document):
    """The batch as it ended."""

    id: BatchId
    name: str | None
    state: Literal["finished", "canceled"]
    counts: ToldCounts
    created_at: Time
    finished_at: Time
    urls: ToldUrls


class ToldTest(Document):
    """Nothing but a sentence."""

    text: str


class JobMessage(Document):
    """A job has ended."""

    type: Literal["job.succeeded", "job.failed", "job.canceled", "job.expired"]
    timestamp: Annotated[str, Field(description="When it happened, RFC 3339; the same at every attempt.")]
    data: ToldJob


class BatchMessage(Document):
    """Every row of a batch has ended."""

    type: Literal["batch.finished"]
    timestamp: Time
    data: ToldBatch


class TestMessage(Document):
    """The owner of the endpoint wanted to see whether it works."""

    __test__ = False  # no test of pytest's

    type: Literal["webhook.test"]
    timestamp: Time
    data: ToldTest
