"""``/v1/jobs/archive``: the pictures of several jobs in one ZIP."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal

from flask import Blueprint, Response, g
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field

from api.access import requires, tenant
from api.bodies import read_body
from api.describe import Answer, describes
from api.descriptions.examples import JOB
from api.descriptions.parts import BINARY
from api.file_names import IN_A_ZIP, file_name
from api.queries import MAX_ARCHIVED, ArchiveQuery, NoQuery, read_query
from api.services import services
from api.zip_streams import ZipStream
from jobs.checked_blobs import CheckedBlobs, Recorded
from jobs.problems import ProblemError
from jobs.records import JobView, OutputRecord
from jobs.spec.fields import JobId

archives = Blueprint("archives", __name__, url_prefix="/v1")


class ArchiveBody(BaseModel):
    """As the query of the same route, for more jobs than a URL can name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ids: Annotated[tuple[JobId, ...], Field(min_length=1, max_length=MAX_ARCHIVED)]
    verdict: Literal["approved", "rejected"] | None = None


_ANSWERS = {
    200: Answer(
        "The pictures, stored (not compressed) in a ZIP.",
        media_type="application/zip",
        headers={"Content-Disposition": ""},
        also={"application/zip": BINARY},
    )
}


@archives.get("/jobs/archive")
@describes(
    "Download the pictures of several jobs",
    tag="jobs",
    answers=_ANSWERS,
    query=ArchiveQuery,
    problems=("not-found", "expired", "not-ready", "no-result"),
)
@requires("jobs:read")
def archive() -> ResponseReturnValue:
    """All outputs of up to 200 jobs that ended, in one ZIP; POST takes up to 500."""
    query = read_query(ArchiveQuery)
    return _archive(query.id, query.verdict)


@archives.post("/jobs/archive")
@describes(
    "Download the pictures of many jobs",
    tag="jobs",
    answers=_ANSWERS,
    body=ArchiveBody,
    problems=("not-found", "expired", "not-ready", "no-result"),
    examples={"one job": {"ids": [JOB]}},
)
@requires("jobs:read")
def archive_of_many() -> ResponseReturnValue:
    """As GET, of up to 500 jobs, named in the body. Changes nothing."""
    read_query(NoQuery)
    body = read_body(ArchiveBody)
    return _archive(body.ids, body.verdict)


def _archive(job_ids: Sequence[str], verdict: str | None) -> Response:
    views = _ended(list(dict.fromkeys(job_ids)))
    chosen = [
        (view, output)
        for view in views
        for output in view.outputs
        if verdict is None or (output.index in view.decisions and view.decisions[output.index].verdict == verdict)
    ]
    if not chosen:
        raise _nothing(views, verdict)
    g.archived = len(views)  # for the audit log
    answer = Response(_written(chosen, services().checked_blobs), content_type="application/zip")
    answer.headers["Content-Disposition"] = 'attachment; filename="packshot.zip"'
    return answer


def _nothing(views: Sequence[JobView], verdict: str | None) -> ProblemError:
    """With pictures there, somebody may still decide so; else there is nothing to wait for."""
    if verdict and any(view.outputs for view in views):
        return ProblemError("not-ready", f"none of these jobs has a picture that is {verdict}")
    return ProblemError("no-result", "none of these jobs has a picture, and none will have one")


def _ended(job_ids: Sequence[str]) -> list[JobView]:
    """The jobs. Raises ProblemError: expired or not-found (naming the first at fault), not-ready."""
    views = []
    for job_id, view in zip(job_ids, services().store.get_many(tenant(), job_ids), strict=True):
        if view is None:
            raise _absent(job_id)
        if not view.state.is_terminal:
            detail = f"{job_id} is {view.state}; wait for its end, or leave it out"
            raise ProblemError("not-ready", detail, state=view.state)
        views.append(view)
    return views


def _absent(job_id: str) -> ProblemError:
    if services().store.is_gone(tenant(), job_id):
        return ProblemError("expired", f"{job_id} was erased, or is past its life")
    return ProblemError("not-found", f"there is no job {job_id}")


def _written(chosen: Sequence[tuple[JobView, OutputRecord]], blobs: CheckedBlobs) -> Iterator[bytes]:
    newest_ms = max(view.finished_ms or view.created_ms for view, _ in chosen)
    archive, taken = ZipStream(datetime.fromtimestamp(newest_ms / 1000, UTC)), set[str]()
    for view, output in chosen:
        name = file_name(view, output, unsafe=IN_A_ZIP)
        yield from archive.add_blob(_free_name(name, taken), blobs, Recorded(output.path, output.bytes, output.sha256))
    yield archive.end()


def _free_name(name: str, taken: set[str]) -> str:
    """The name, numbered where another file has it on any disk."""
    stem, _, suffix = name.rpartition(".")
    number, free = 1, name
    while free.casefold() in taken:
        number += 1
        free = f"{stem}-{number}.{suffix}"
    taken.add(free.casefold())
    return free
