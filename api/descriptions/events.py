"""What the routes of server-sent events take and answer."""

from api.describe import Answer, describes
from api.documents.events import BatchEvent, Erased, JobEvent, Nothing
from api.queries import NoQuery

MEDIA_TYPE = "text/event-stream"

_HEADERS = ("Last-Event-ID",)
_ENDED = Answer("It has ended, and the client has seen its last event (`Last-Event-ID`).")

JOB = describes(
    "Follow a job",
    tag="jobs",
    query=NoQuery,
    headers=_HEADERS,
    answers={200: Answer("Events, up to the job's end.", JobEvent | Erased, media_type=MEDIA_TYPE), 204: _ENDED},
    problems=("expired",),
)

BATCH = describes(
    "Follow a batch",
    tag="batches",
    query=NoQuery,
    headers=_HEADERS,
    answers={200: Answer("Events, up to the batch's end.", BatchEvent | Erased, media_type=MEDIA_TYPE), 204: _ENDED},
    problems=("expired",),
)

ALL = describes(
    "Follow all jobs",
    tag="jobs",
    query=NoQuery,
    headers=_HEADERS,
    answers={200: Answer("Events, as long as the client stays.", JobEvent | Erased | Nothing, media_type=MEDIA_TYPE)},
)
