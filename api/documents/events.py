"""What server-sent events say: the data of an event about a job, and about a batch."""

from typing import Annotated, Literal

from pydantic import Field

from api.documents.batches import Counts
from api.documents.jobs import Progress
from api.documents.parts import BatchId, Document, JobId, Time
from api.documents.problems import ProblemDetails
from jobs.batches.records import BatchState
from jobs.states import State


class JobEvent(Document):
    """How a job stands: the data of an event. Ask for the job itself to have its outputs."""

    id: JobId
    state: State
    progress: Progress
    queue_position: int | None
    eta_s: float | None
    attempt: int
    version: Annotated[int, Field(description="Grows with every change.")]
    problem: ProblemDetails | None
    needs_review: bool
    at: Annotated[Time, Field(description="When it was so.")]


class BatchEvent(Document):
    """How a batch stands: the data of an event."""

    id: BatchId
    state: BatchState
    counts: Counts
    eta_s: float | None
    eta_note: str | None
    finished_at: Time | None
    version: Annotated[int, Field(description="Grows with every change.")]


class Erased(Document):
    """What is said of a job or a batch that is gone: the data of an event `erased`."""

    id: JobId | BatchId
    state: Literal["erased"]


class Nothing(Document):
    """An empty object: the data of the events `ready` and `reset`, whose id is all that counts."""
