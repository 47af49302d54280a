"""The job routes: submit, poll, list, cancel, erase, manifest."""

from functools import partial
from http import HTTPStatus

from flask import Blueprint, Response, make_response, request
from flask.typing import ResponseReturnValue

from api.access import principal, requires, tenant
from api.bodies import received_form
from api.descriptions import jobs as described
from api.erasing import delete_blobs
from api.limits import count_jobs
from api.polling import POLL_AGAIN_S, poll_answer, waited_for
from api.queries import ListQuery, PollQuery, idempotency_key, read_query
from api.services import services
from api.token_use import own_idempotency_key, sent_spec
from api.uploads import store_photo
from api.views import absolute_url, job_document, job_etag, job_urls, listed_document
from jobs.presets import check_renditions
from jobs.problems import ProblemError
from jobs.records import JobView
from jobs.spec import JobSpec, validate_spec
from jobs.strict_json import parse_json
from jobs.tokens import is_job_id

jobs = Blueprint("jobs", __name__, url_prefix="/v1")


@jobs.post("/jobs")
@described.SUBMIT
@requires("jobs:write")
def submit() -> ResponseReturnValue:
    """Queue a job, from a JSON spec or a form with ``file`` and ``spec``: 202, also for a replay of the request."""
    key = own_idempotency_key(idempotency_key())
    spec = _spec_of_form() if request.mimetype == "multipart/form-data" else sent_spec()
    check_renditions(spec, services().presets)
    submission = services().store.submit(
        tenant(), spec, idempotency_key=key, base_url=absolute_url(""), charge=principal().charge
    )
    if submission.created:
        count_jobs(1)
        services().hints.publish(submission.job_id)  # a lost hint is the reaper's to make good: still 202
    urls = job_urls(submission.job_id)
    answer = make_response({"id": submission.job_id, "state": _state(submission.job_id), "urls": urls})
    answer.status_code = HTTPStatus.ACCEPTED
    answer.headers["Location"] = urls["self"]
    answer.headers["Retry-After"] = POLL_AGAIN_S
    if not submission.created:
        answer.headers["Idempotency-Replayed"] = "true"
    return answer


@jobs.get("/jobs/<job_id>")
@described.POLL
@requires("jobs:read")
def poll(job_id: str) -> ResponseReturnValue:
    """The job as it is, or after at most ``wait`` seconds; 304 when the client has it already."""
    wait_s, found = read_query(PollQuery).wait, found_job(tenant(), job_id)
    wait = partial(services().store.wait_as, tenant(), job_id)
    view = waited_for(found, wait, wait_s) or _missing(tenant(), job_id)
    return poll_answer(job_document(view), job_etag(view, services().links), ended=view.state.is_terminal)


@jobs.get("/jobs")
@described.LIST
@requires("jobs:read")
def list_jobs() -> ResponseReturnValue:
    """The tenant's jobs, newest first, without their manifests."""
    page = services().store.list(tenant(), **dict(read_query(ListQuery)))
    return {"items": [listed_document(view) for view in page.items], "cursor": page.cursor}


@jobs.post("/jobs/<job_id>/cancel")
@described.CANCEL
@requires("jobs:write")
def cancel(job_id: str) -> ResponseReturnValue:
    """Stop the job: 200 when it is canceled, 202 when its worker has still to let go of it."""
    found_job(tenant(), job_id)
    services().store.cancel(tenant(), job_id)
    view = found_job(tenant(), job_id)
    return job_document(view), HTTPStatus.OK if view.state.is_terminal else HTTPStatus.ACCEPTED


@jobs.delete("/jobs/<job_id>")
@described.ERASE
@requires("jobs:write")
def erase(job_id: str) -> ResponseReturnValue:
    """Erase the job and its pictures; erasing it again is no mistake."""
    if not services().store.is_gone(tenant(), job_id):
        found_job(tenant(), job_id)
        delete_blobs(services().store.delete(tenant(), job_id))
    return Response(status=HTTPStatus.NO_CONTENT)


@jobs.get("/jobs/<job_id>/manifest")
@described.MANIFEST
@requires("jobs:read")
def manifest(job_id: str) -> ResponseReturnValue:
    """What was done to the photo, and by which models."""
    view = found_job(tenant(), job_id)
    if view.manifest is None:
        raise not_ready(view)
    return view.manifest


def found_job(owner: str, job_id: str) -> JobView:
    """The job. Raises ProblemError: not-found (malformed, unknown, another's), expired (erased, past its life)."""
    view = services().store.get(owner, job_id) if is_job_id(job_id) else None
    return view or _missing(owner, job_id)


def not_ready(view: JobView) -> ProblemError:
    """There is no result: not yet, or never when the job ended in another way."""
    return ProblemError("not-ready", f"the job is {view.state}; only a succeeded job has a result", state=view.state)


def _missing(owner: str, job_id: str) -> JobView:
    if is_job_id(job_id) and services().store.is_gone(owner, job_id):
        raise ProblemError("expired", "the job was erased, or is past its life")
    raise ProblemError("not-found", "there is no such job")


def _spec_of_form() -> JobSpec:
    """The spec of a form, its input being the form's photo, which is stored once the spec is known to be good."""
    with received_form(services().settings.max_upload_bytes) as form:
        if form.spec is None:
            raise ProblemError(
                "malformed-body", "the form has no part 'spec'; send the job's spec, as JSON, beside the file"
            )
        document = parse_json(form.spec)
        if isinstance(document, dict):
            if "input" in document:
                detail = "the form's file is the input; leave it out of the spec"
                raise ProblemError("invalid-parameter", detail, errors=[{"pointer": "/input", "detail": detail}])
            document["input"] = {"upload": f"sha256:{form.file.sha256}"}
        spec = validate_spec(document)
        check_renditions(spec, services().presets)
        store_photo(services(), tenant(), form.file)
    return spec


def _state(job_id: str) -> str:
    """The state for the answer to a submit; a job that was erased since its first submit counts as queued once."""
    view = services().store.get(tenant(), job_id)
    return view.state.value if view else "queued"
