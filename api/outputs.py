"""``GET /v1/jobs/{id}/outputs/{n}``: a finished picture, for the holder of a signed link or for the owner's key."""

from collections.abc import Iterator

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from api.access import act_for, authorize, tenant
from api.conditional import conditional, is_wanted
from api.descriptions import jobs as described
from api.digests import repr_digest
from api.file_names import file_name
from api.jobs import found_job, not_ready
from api.services import services
from jobs.checked_blobs import Recorded
from jobs.errors import BlobDamaged, BlobNotFound
from jobs.problems import ProblemError
from jobs.records import JobView, OutputRecord
from jobs.states import State

outputs = Blueprint("outputs", __name__, url_prefix="/v1")

CACHE_CONTROL = "private, max-age=86400, immutable"


@outputs.get("/jobs/<job_id>/outputs/<index>")
@described.OUTPUT
def output(job_id: str, index: str) -> ResponseReturnValue:
    """The picture's bytes; ETag is their SHA-256, and they never change. Damaged ones are given to nobody."""
    if "signature" in request.args:
        act_for(services().links.tenant_of(request.path, request.args.to_dict()))
    else:
        authorize("jobs:read")
    view = found_job(tenant(), job_id)
    record = found_output(view, index)
    answer = Response(content_type=f"image/{record.format}")
    answer.set_etag(record.sha256)
    answer.headers["Repr-Digest"] = repr_digest(record.sha256)
    answer.headers["Cache-Control"] = CACHE_CONTROL
    answer.headers["Content-Disposition"] = f'inline; filename="{file_name(view, record)}"'
    if is_wanted(conditional(answer)):
        answer.response = _stream(record)
    elif request.method == "HEAD" and services().blobs.size(record.path) != record.bytes:
        raise _gone()
    answer.content_length = record.bytes
    return answer


def found_output(view: JobView, index: str) -> OutputRecord:
    """The job's output of that number. Raises ProblemError: not-ready, not-found."""
    if view.state is not State.SUCCEEDED:
        raise not_ready(view)
    for record in view.outputs:
        if index == str(record.index):
            return record
    raise ProblemError("not-found", f"the job has {len(view.outputs)} outputs, counted from 0")


def _stream(record: OutputRecord) -> Iterator[bytes]:
    """The blob's bytes; one that is missing or cut short is a problem now, not an answer that breaks off.

    So is one that is damaged, unless it is large and nobody met it before: then its last bytes are missing.
    """
    try:
        return services().checked_blobs.stream(Recorded(record.path, record.bytes, record.sha256))
    except BlobNotFound as error:
        raise _gone() from error
    except BlobDamaged as error:
        detail = "the picture was damaged in the store; send the job again, which makes it anew"
        raise ProblemError("expired", detail) from error


def _gone() -> ProblemError:
    return ProblemError("expired", "the picture is past its life")
