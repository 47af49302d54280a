"""``POST /v1/jobs/{id}/outputs/{n}/decision``: a person approves or rejects a picture, or takes that back."""

from http import HTTPStatus
from typing import Annotated, Literal

from flask import Blueprint
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, StringConstraints

from api.access import requires, tenant
from api.bodies import read_body
from api.describe import Answer, describes
from api.documents.jobs import Output
from api.jobs import found_job
from api.outputs import found_output
from api.queries import NoQuery, read_query
from api.services import services
from api.views import output_document
from jobs.spec.fields import PLAIN

decisions = Blueprint("decisions", __name__, url_prefix="/v1")

Note = Annotated[str, StringConstraints(max_length=500), PLAIN]


class DecisionBody(BaseModel):
    """``verdict`` null takes back what was decided before; ``note`` is for people."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    verdict: Literal["approved", "rejected"] | None
    note: Note = ""


@decisions.post("/jobs/<job_id>/outputs/<index>/decision")
@describes(
    "Approve or reject an output",
    tag="jobs",
    answers={HTTPStatus.OK: Answer("The output, with the decision.", Output)},
    body=DecisionBody,
    problems=("not-found", "expired", "not-ready", "no-result"),
    examples={
        "approve": {"verdict": "approved", "note": "as ordered"},
        "take back": {"verdict": None},
    },
)
@requires("jobs:write")
def decide(job_id: str, index: str) -> ResponseReturnValue:
    """Keep a person's verdict with the job, whose version (ETag) it changes; it is erased with the job."""
    read_query(NoQuery)
    record = found_output(found_job(tenant(), job_id), index)
    body = read_body(DecisionBody)
    services().store.decide(tenant(), job_id, record.index, body.verdict, body.note)
    return output_document(found_job(tenant(), job_id), record)
