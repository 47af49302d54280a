"""What the jobs' routes take and answer."""

from api.describe import Answer, describes
from api.descriptions.examples import ACCEPTED, DONE, FORM_SPEC, SPECS
from api.descriptions.parts import BINARY, ERASED, PHOTO, PHOTO_PROBLEMS, POLLED, UNCHANGED, form
from api.documents.jobs import AcceptedJob, Job, JobPage
from api.documents.manifests import Manifest
from api.documents.submissions import JobDryRun, SentSpec
from api.queries import ListQuery, PollQuery, SubmitQuery

_SUBMITTED = {"Idempotency-Replayed": "", "Preference-Applied": ""}

_FORM_SPEC = {
    "$ref": "#/components/schemas/SentSpec",
    "not": {"required": ["input"]},  # that is the file
    "examples": [FORM_SPEC],
}

SUBMIT = describes(
    "Submit a job",
    tag="jobs",
    body=SentSpec,
    bodies={"multipart/form-data": form({"file": PHOTO, "spec": _FORM_SPEC}, ("file", "spec"))},
    query=SubmitQuery,
    headers=("Idempotency-Key", "Prefer"),
    answers={
        200: Answer(
            "The job, which has ended while the answer was held; with `validate_only`, what would come of it.",
            Job | JobDryRun,
            headers=_SUBMITTED,
            example=DONE,
        ),
        202: Answer(
            "Taken, or taken before with this idempotency key.",
            AcceptedJob,
            headers={**_SUBMITTED, "Location": "Where to poll the job.", "Retry-After": ""},
            example=ACCEPTED,
        ),
    },
    problems=(*PHOTO_PROBLEMS, "url-forbidden", "unknown-model", "overloaded", "being-erased"),
    examples=SPECS,
)

POLL = describes(
    "Poll a job",
    tag="jobs",
    query=PollQuery,
    headers=("If-None-Match", "Prefer"),
    answers={200: Answer("The job.", Job, headers=POLLED, example=DONE), 304: UNCHANGED},
    problems=("expired",),
)

LIST = describes(
    "List jobs",
    tag="jobs",
    query=ListQuery,
    answers={200: Answer("Jobs, newest first, without their manifests.", JobPage)},
)

CANCEL = describes(
    "Cancel a job",
    tag="jobs",
    answers={
        200: Answer("It is canceled.", Job),
        202: Answer("Its worker has still to let go of it.", Job),
    },
    problems=("already-terminal", "expired"),
)

ERASE = describes("Erase a job", tag="jobs", answers={204: ERASED})

MANIFEST = describes(
    "Get a job's manifest",
    tag="jobs",
    answers={200: Answer("What was done, and by which models.", Manifest)},
    problems=("not-ready", "no-result", "expired"),
)

OUTPUT = describes(
    "Get a picture",
    tag="jobs",
    scope="jobs:read",
    access="key or link",
    headers=("If-None-Match",),
    answers={
        200: Answer(
            "The picture's bytes. They never change.",
            media_type="image/*",
            headers={"ETag": "The SHA-256 of the bytes.", "Repr-Digest": "", "Content-Disposition": ""},
            also={"image/*": BINARY},
        ),
        304: UNCHANGED,
    },
    problems=("bad-signature", "link-expired", "not-ready", "no-result", "expired", "precondition-failed"),
)
