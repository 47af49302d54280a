"""``GET /v1/jobs/{id}/outputs/{n}``: a finished picture, for the holder of a signed link or for the owner's key."""

import re
from collections.abc import Iterator

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from api.access import act_for, authorize, tenant
from api.jobs import found_job, not_ready
from api.services import services
from jobs.errors import BlobNotFound
from jobs.problems import ProblemError
from jobs.records import JobView, OutputRecord
from jobs.states import State

outputs = Blueprint("outputs", __name__, url_prefix="/v1")

CACHE_CONTROL = "private, max-age=86400, immutable"
SUFFIXES = {"jpeg": "jpg"}
MAX_STEM = 80


@outputs.get("/jobs/<job_id>/outputs/<index>")
def output(job_id: str, index: str) -> ResponseReturnValue:
    """The picture's bytes; ETag is their SHA-256, and they never change."""
    if "signature" in request.args:
        act_for(services().links.tenant_of(request.path, request.args.to_dict()))
    else:
        authorize("jobs:read")
    view = found_job(tenant(), job_id)
    record = _output(view, index)
    answer = Response(_stream(record.path), content_type=f"image/{record.format}")
    answer.content_length = record.bytes
    answer.set_etag(record.sha256)
    answer.headers["Cache-Control"] = CACHE_CONTROL
    answer.headers["Content-Disposition"] = f'inline; filename="{_file_name(view, record)}"'
    return answer.make_conditional(request)


def _output(view: JobView, index: str) -> OutputRecord:
    if view.state is not State.SUCCEEDED:
        raise not_ready(view)
    for record in view.outputs:
        if index == str(record.index):
            return record
    raise ProblemError("not-found", f"the job has {len(view.outputs)} outputs, counted from 0")


def _stream(path: str) -> Iterator[bytes]:
    """The blob's bytes; one that is missing is a problem now, not an answer that breaks off."""
    try:
        return services().blobs.stream(path)
    except BlobNotFound as error:
        raise ProblemError("expired", "the picture is past its life") from error


def _file_name(view: JobView, record: OutputRecord) -> str:
    """A name for people: the client's own id where it gave one, without anything that a header or a disk minds."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", view.spec.external_id or "").strip(".-")[:MAX_STEM] or view.id
    number = f"-{record.index}" if len(view.outputs) > 1 else ""
    return f"{stem}{number}.{SUFFIXES.get(record.format, record.format)}"
