"""What the server tells while it happens, as frozen values."""

from dataclasses import dataclass, field

from packshot.batch_models import BatchCounts
from packshot.flows.event_stream import ServerEvent
from packshot.models import Progress
from packshot.problems import Problem, parse_problem
from packshot.reading import Document, take, take_optional

JOB_ENDED = frozenset({"succeeded", "failed", "canceled", "expired"})
BATCH_ENDED = frozenset({"finished", "canceled"})
ERASED = "erased"
OF_NO_JOB = frozenset({"ready", "reset"})
_OF_THE_JOB = ("state", "progress", "queue_position", "eta_s", "attempt", "needs_review", "problem")


@dataclass(frozen=True)
class JobEvent:
    """Something happened to a job. `name` is the state that it came into, else `progress`; `erased`: it is gone.

    `at` is when it was so, as RFC 3339 has it. Two, of `Client.events` alone, are about no job: `ready`, from which on
    nothing is missed (list the jobs then), and `reset`: too much was missed to tell it; list them anew.
    """

    name: str
    id: str
    job: str
    progress: Progress
    attempt: int = 0
    needs_review: bool = False
    problem: Problem | None = None
    at: str | None = None
    data: Document = field(default_factory=dict, repr=False)

    @property
    def state(self) -> str:
        """The job's state by then."""
        return self.progress.state

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to the job."""
        return self.state in JOB_ENDED or self.state == ERASED

    def onto(self, document: Document) -> Document:
        """The job's document, brought up to date by what the event tells of it."""
        return {**document, **{name: self.data.get(name) for name in _OF_THE_JOB}}

    @classmethod
    def of(cls, event: ServerEvent) -> "JobEvent":
        """Raises MalformedAnswer."""
        if event.name in OF_NO_JOB:
            return cls(event.name, event.id, "", Progress(event.name), data=event.data)
        problem = take_optional(event.data, "problem", dict)
        return cls(
            name=event.name,
            id=event.id,
            job=take(event.data, "id", str),
            progress=Progress.parse(event.data),
            attempt=take_optional(event.data, "attempt", int) or 0,
            needs_review=bool(event.data.get("needs_review")),
            problem=None if problem is None else parse_problem(problem),
            at=take_optional(event.data, "at", str),
            data=event.data,
        )


@dataclass(frozen=True)
class BatchEvent:
    """Something happened to a batch. `name` is the state that it came into, else `progress`; `erased`: it is gone."""

    name: str
    id: str
    batch: str
    state: str
    counts: BatchCounts
    data: Document = field(default_factory=dict, repr=False)

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to the batch."""
        return self.state in BATCH_ENDED or self.state == ERASED

    @classmethod
    def of(cls, event: ServerEvent) -> "BatchEvent":
        """Raises MalformedAnswer."""
        return cls(
            name=event.name,
            id=event.id,
            batch=take(event.data, "id", str),
            state=take(event.data, "state", str),
            counts=BatchCounts.parse(take_optional(event.data, "counts", dict) or {}),
            data=event.data,
        )
