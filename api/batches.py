"""The batch routes: submit many rows at once, follow them, steer them, fetch what they made, erase them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, make_response
from flask.typing import ResponseReturnValue

from api.access import principal, requires, tenant
from api.batch_bodies import read_batch_body, read_batch_webhook
from api.batch_queries import BatchQuery, ItemQuery, PageQuery, ResultQuery
from api.batch_results import Results
from api.batch_views import (
    batch_document,
    batch_etag,
    estimate_document,
    item_documents,
    parallel_jobs,
)
from api.descriptions import batches as described
from api.envelope import request_id
from api.limits import count_jobs
from api.polling import POLL_AGAIN_S, Wait, poll_answer
from api.queries import PollQuery, idempotency_key, read_query
from api.services import services
from api.tracing import carried_to_all, note_batch, submitting
from api.views import absolute_url
from jobs.batches.checking import Checked, check_manifest
from jobs.batches.estimates import estimate
from jobs.batches.manifests import Manifest
from jobs.batches.records import BatchView, NewBatch
from jobs.presets import check_renditions
from jobs.problems import ProblemError
from jobs.spec import JobSpec
from jobs.spec.parsing import signature
from jobs.tokens import is_batch_id
from jobs.urls import check_url

batches = Blueprint("batches", __name__, url_prefix="/v1/batches")

PLACE_TIMEOUT_S = 20.0
MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}


@batches.post("")
@described.CREATE
@requires("jobs:write")
def create() -> ResponseReturnValue:
    """Queue a job for each row: 202, also for a replay. With ``validate_only``, tell every fault and the time: 200."""
    key, query = idempotency_key(), read_query(BatchQuery)
    body = read_batch_body()
    if key and not query.validate_only:
        earlier = services().store.find_batch(tenant(), key, body.digest(query))
        if earlier is not None:
            return _accepted(earlier, replayed=True)
    with _place_for_a_manifest():
        manifest = body.read(query)
        webhook = read_batch_webhook(manifest)
        checked = check_manifest(manifest, partial(services().store.missing_uploads, tenant()), _accept)
        if query.validate_only:
            return _dry_run(manifest, checked)
        if checked.faults and not query.skip_invalid:
            raise checked.refuse(manifest.ignored_columns)
        new = NewBatch(checked.items, manifest.name, manifest.ignored_columns, key, body.digest(query))
        return _create(replace(new, webhook=webhook, base_url=absolute_url("")), checked)


@batches.get("/<batch_id>")
@described.POLL
@requires("jobs:read")
def poll(batch_id: str) -> ResponseReturnValue:
    """The batch as it is, or after at most ``wait`` seconds; 304 when the client has it already."""
    wait = Wait(read_query(PollQuery), partial(services().store.wait_batch_as, tenant(), batch_id))
    view = wait.after(found_batch(batch_id)) or _missing(batch_id)
    document = batch_document(view, parallel_jobs())
    return wait.told(poll_answer(view, lambda: document, batch_etag(view, document)))


@batches.get("")
@described.LIST
@requires("jobs:read")
def list_batches() -> ResponseReturnValue:
    """The tenant's batches, newest first."""
    page, parallel = services().store.list_batches(tenant(), **dict(read_query(PageQuery))), parallel_jobs()
    return {"items": [batch_document(view, parallel) for view in page.batches], "cursor": page.cursor}


@batches.get("/<batch_id>/items")
@described.ITEMS
@requires("jobs:read")
def items(batch_id: str) -> ResponseReturnValue:
    """The rows, those in one state alone if asked, each with its job, pictures or problem."""
    query, view = read_query(ItemQuery), found_batch(batch_id)
    page = services().store.batch_items(view, state=query.state, after=query.cursor, limit=query.limit)
    documents = item_documents(page.items, tenant(), services().links, absolute_url(""))
    return {"items": documents, "cursor": None if page.cursor is None else str(page.cursor)}


@batches.get("/<batch_id>/results")
@described.RESULTS
@requires("jobs:read")
def results(batch_id: str) -> ResponseReturnValue:
    """A line for each row, as CSV or JSON lines."""
    kind = read_query(ResultQuery).format
    found = _results(batch_id)
    lines: Iterator[bytes] = found.csv() if kind == "csv" else found.jsonl()
    return _download(lines, MEDIA_TYPES[kind], f"{batch_id}.{kind}")


@batches.get("/<batch_id>/archive")
@described.ARCHIVE
@requires("jobs:read")
def archive(batch_id: str) -> ResponseReturnValue:
    """All pictures that there are by now, in one ZIP."""
    return _download(_results(batch_id).archive(), "application/zip", f"{batch_id}.zip")


@batches.post("/<batch_id>/<any(cancel, pause, resume, retry):wish>")
@described.STEER
@requires("jobs:write")
def steer(batch_id: str, wish: str) -> ResponseReturnValue:
    """Cancel what has not ended, pause, resume, or try failed rows again; what is so already is no mistake."""
    found_batch(batch_id)
    store = services().store
    {
        "cancel": store.cancel_batch,
        "pause": store.pause_batch,
        "resume": store.resume_batch,
        "retry": store.retry_batch,
    }[wish](tenant(), batch_id)
    _publish_hints()
    return batch_document(found_batch(batch_id), parallel_jobs())


@batches.delete("/<batch_id>")
@described.ERASE
@requires("jobs:write")
def erase(batch_id: str) -> ResponseReturnValue:
    """Erase the batch with its jobs and pictures; erasing it again is no mistake."""
    if not services().store.is_gone(tenant(), batch_id):
        found_batch(batch_id)
        services().store.erase_batch(tenant(), batch_id)
    return Response(status=HTTPStatus.NO_CONTENT)


@contextmanager
def _place_for_a_manifest() -> Iterator[None]:
    """Raises ProblemError overloaded when too many others are being read for too long."""
    places = services().manifests
    if not places.acquire(timeout=PLACE_TIMEOUT_S):
        raise ProblemError("overloaded", "other batches are being read; send this one again", retry_after_s=5)
    try:
        yield
    finally:
        places.release()


def _accept(spec: JobSpec) -> None:
    """What a job's submission would refuse later. Raises ProblemError."""
    if spec.parent is not None:
        detail = "a row has no parent: its work may be another job's; submit it as a job of its own"
        raise ProblemError("invalid-parameter", detail, errors=[{"pointer": "/parent", "detail": detail}])
    check_renditions(spec, services().presets)
    if spec.input is not None and spec.input.url is not None:
        check_url(spec.input.url, switched_on=services().settings.fetch_urls)


def _dry_run(manifest: Manifest, checked: Checked) -> ResponseReturnValue:
    distinct = {services().store.work_hash(spec, tenant()): spec for spec in checked.estimable}
    left = Counter(signature(spec) for spec in distinct.values())
    found = estimate(left, services().store.run_times(list(left)), parallel_jobs())
    return {
        "total": len(checked.items),
        "valid": len(checked.specs),
        "invalid": len(checked.items) - len(checked.specs),
        "errors": checked.errors,
        "ignored_columns": list(manifest.ignored_columns),
        "estimate": estimate_document(found, len(distinct)),
    }


def _create(new: NewBatch, checked: Checked) -> Response:
    with submitting("batch", "bulk") as span:
        new = replace(new, request_id=request_id(), trace=carried_to_all(span))
        submission = services().store.create_batch(tenant(), new, principal().charge)
        note_batch(span, submission, len(checked.specs))
    if submission.created:
        count_jobs(len(checked.specs))
        _publish_hints()
    return _accepted(submission.batch_id, checked.errors, replayed=not submission.created)


def _accepted(batch_id: str, errors: Sequence[dict[str, Any]] = (), *, replayed: bool) -> Response:
    document = batch_document(found_batch(batch_id), parallel_jobs())
    answer = make_response(document | {"errors": list(errors)})
    answer.status_code = HTTPStatus.ACCEPTED
    answer.headers["Location"] = document["urls"]["self"]
    answer.headers["Retry-After"] = POLL_AGAIN_S
    if replayed:
        answer.headers["Idempotency-Replayed"] = "true"
    return answer


def _publish_hints() -> None:
    """For the jobs that became pending; a lost hint is the reaper's to make good."""
    store = services().store
    for queue, missing in store.missing_hints().items():
        for _ in range(min(services().hints.missing(queue, missing), store.settings.batch_window)):
            if not services().hints.publish("batch", queue):
                return


def found_batch(batch_id: str) -> BatchView:
    """The batch. Raises ProblemError: not-found (malformed, unknown, another's), expired (erased, past its life)."""
    view = services().store.get_batch(tenant(), batch_id) if is_batch_id(batch_id) else None
    return view or _missing(batch_id)


def _missing(batch_id: str) -> BatchView:
    if is_batch_id(batch_id) and services().store.is_gone(tenant(), batch_id):
        raise ProblemError("expired", "the batch was erased, or is past its life")
    raise ProblemError("not-found", "there is no such batch")


def _results(batch_id: str) -> Results:
    known = services()
    return Results(found_batch(batch_id), known.store, known.checked_blobs, known.links, absolute_url(""))


def _download(chunks: Iterator[bytes], media_type: str, name: str) -> Response:
    answer = Response(chunks, content_type=media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
