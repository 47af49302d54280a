"""The job routes: submit, poll, list, cancel, erase, manifest."""

from functools import partial
from http import HTTPStatus

from flask import Blueprint, Response, make_response
from flask.typing import ResponseReturnValue

from api.access import principal, requires, tenant
from api.auditing import note_of
from api.descriptions import jobs as described
from api.envelope import request_id
from api.erasing import delete_blobs
from api.limits import count_jobs
from api.polling import POLL_AGAIN_S, Wait, poll_answer
from api.queries import ListQuery, PollQuery, SubmitQuery, idempotency_key, read_query
from api.services import services
from api.submissions import dry_run, read_submission
from api.token_use import own_idempotency_key, told_base_url
from api.tracing import carried, note_canceled, note_job, submitting
from api.views import job_document, job_etag, job_urls, listed_documents
from jobs.problems import ProblemError
from jobs.records import Arrival, JobView, Submission
from jobs.results import without_result
from jobs.states import State
from jobs.tokens import is_job_id

jobs = Blueprint("jobs", __name__, url_prefix="/v1")


@jobs.post("/jobs")
@described.SUBMIT
@requires("jobs:write")
def submit() -> ResponseReturnValue:
    """Queue a job, from a JSON spec or a form with ``file`` and ``spec``: 202, also for a replay of the request.

    With `wait`, or the header `Prefer: wait=N`, the answer is held until the job has ended, and is then the whole job:
    200. What takes longer is answered with 202 as ever.

    With `validate_only`, here or as a member of the spec, nothing is stored: 200 says what would be kept, and how long
    it would take.
    """
    key, query = own_idempotency_key(idempotency_key()), read_query(SubmitQuery)
    sent = read_submission(validate_only=query.validate_only)
    if sent.validate_only:
        return dry_run(sent)
    hints = services().hints
    hint = hints.enclosed(sent.spec)
    with submitting("job", sent.spec.priority) as span:
        submission = services().store.submit(
            tenant(),
            sent.spec,
            idempotency_key=key,
            charge=principal().charge,
            arrival=Arrival(told_base_url(), note_of("job.submit"), request_id(), carried(span)),
            hint=hint,
        )
        note_job(span, submission)
    if submission.created:
        count_jobs(1)
        if hint is None:  # a lost hint is the reaper's to make good: still 202
            hints.publish(submission.job_id, hints.queue_of(sent.spec))
    answer = _accepted(submission, query)
    if not submission.created:
        answer.headers["Idempotency-Replayed"] = "true"
    return answer


@jobs.get("/jobs/<job_id>")
@described.POLL
@requires("jobs:read")
def poll(job_id: str) -> ResponseReturnValue:
    """The job as it is, or after at most ``wait`` seconds; 304 when the client has it already."""
    wait = Wait(read_query(PollQuery), partial(services().store.wait_as, tenant(), job_id))
    view = wait.after(found_job(tenant(), job_id)) or _missing(tenant(), job_id)
    etag = job_etag(view, services().links)
    return wait.told(poll_answer(view, lambda: job_document(view), etag))


@jobs.get("/jobs")
@described.LIST
@requires("jobs:read")
def list_jobs() -> ResponseReturnValue:
    """The tenant's jobs, newest first, without their manifests; all filters that are given must hold.

    A page may hold fewer jobs than asked for, or none, and still have a cursor to go on: at most 2,000 are looked
    through for it.
    """
    query = read_query(ListQuery)
    page = services().store.list(tenant(), cursor=query.cursor, limit=query.limit, **query.filters())
    return {"items": listed_documents(page.items), "cursor": page.cursor}


@jobs.post("/jobs/<job_id>/cancel")
@described.CANCEL
@requires("jobs:write")
def cancel(job_id: str) -> ResponseReturnValue:
    """Stop the job: 200 when it is canceled, 202 when its worker has still to let go of it."""
    found_job(tenant(), job_id)
    services().store.cancel(tenant(), job_id)
    view = found_job(tenant(), job_id)
    if view.state is State.CANCELED and view.started_ms is None:
        note_canceled(job_id)
    return job_document(view), HTTPStatus.OK if view.state.is_terminal else HTTPStatus.ACCEPTED


@jobs.delete("/jobs/<id:job_id>")
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
    return without_result(view.state)


def _missing(owner: str, job_id: str) -> JobView:
    if is_job_id(job_id) and services().store.is_gone(owner, job_id):
        raise ProblemError("expired", "the job was erased, or is past its life")
    raise ProblemError("not-found", "there is no such job")


def _accepted(submission: Submission, query: SubmitQuery) -> Response:
    """The answer to a submit, held as the client wishes: the job when it has ended by then."""
    job_id = submission.job_id
    wait = Wait(query, partial(services().store.wait_as, tenant(), job_id))
    if submission.created:  # queued: no need to look
        view = wait.after(None)
    else:
        found = services().store.get(tenant(), job_id)
        view = found and wait.after(found)
    urls = job_urls(job_id)
    if view and view.state.is_terminal and wait.is_wished:
        answer = poll_answer(view, lambda: job_document(view), job_etag(view, services().links))
    else:  # a job that was erased since its first submit counts as queued once
        answer = make_response({"id": job_id, "state": view.state.value if view else "queued", "urls": urls})
        answer.status_code = HTTPStatus.ACCEPTED
        answer.headers["Retry-After"] = POLL_AGAIN_S
    answer.headers["Location"] = urls["self"]
    return wait.told(answer)
