"""The operator's routes: how all of the service does, whosever the jobs are, and the jobs that gave up."""

from http import HTTPStatus

import structlog
from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from api.access import requires
from api.descriptions import operator as described
from api.operator_queries import DeadQuery, FailuresQuery, OperatorListQuery, TenantsQuery
from api.operator_views import (
    failures_document,
    kind_document,
    latency_document,
    megapixels_per_s,
    queue_document,
    redis_document,
    tenant_job_documents,
    worker_document,
)
from api.presence import living_workers
from api.queries import NoQuery, read_query
from api.services import services
from jobs.figures import jobs_per_minute
from jobs.problems import ProblemError
from jobs.tokens import is_job_id

operator = Blueprint("operator", __name__, url_prefix="/v1/operator")

log = structlog.get_logger("api")


@operator.get("/overview")
@described.OVERVIEW
@requires("operator")
def overview() -> ResponseReturnValue:
    """What waits, runs and is delayed, how fast jobs are done, and what went wrong; never a look at all jobs."""
    read_query(NoQuery)
    store = services().store
    backlog, ends, workers = store.backlog(), store.recent_ends(), living_workers(services().redis)
    return {
        "pending": dict(backlog.pending),
        "queues": [queue_document(lane) for lane in store.gauges().pending],
        "running": backlog.running,
        "delayed": backlog.delayed,
        "oldest_pending_s": backlog.oldest_pending_s,
        "dead": backlog.dead,
        "open_batches": backlog.open_batches,
        "workers": len(workers),
        "throughput": {
            "jobs_per_minute": jobs_per_minute(ends, backlog.now_ms),
            "megapixels_per_s": megapixels_per_s(workers),
        },
        "latency": latency_document(ends),
        "problems": [kind_document(kind) for kind in store.failure_kinds()],
        "redis": redis_document(services().redis, store.lost_ms()),
        "hints_waiting": backlog.hints_waiting,
    }


@operator.get("/workers")
@described.WORKERS
@requires("operator")
def workers() -> ResponseReturnValue:
    """Every living worker, its device, what it runs, and how well its engine fills its batches."""
    read_query(NoQuery)
    return {"items": [worker_document(worker) for worker in living_workers(services().redis)]}


@operator.get("/tenants")
@described.TENANTS
@requires("operator")
def tenants() -> ResponseReturnValue:
    """Whose jobs are under way; costs as much as there are tenants that have any."""
    busiest, many = services().store.busiest_tenants(read_query(TenantsQuery).limit)
    return {"items": [vars(load) for load in busiest], "tenants": many}


@operator.get("/jobs")
@described.JOBS
@requires("operator")
def list_jobs() -> ResponseReturnValue:
    """Whosever they are; of all tenants the last 10,000."""
    query = read_query(OperatorListQuery)
    page = services().store.list_recent(query.tenant, state=query.state, cursor=query.cursor, limit=query.limit)
    return {"items": tenant_job_documents(page.items), "cursor": page.cursor}


@operator.get("/failures")
@described.FAILURES
@requires("operator")
def failures() -> ResponseReturnValue:
    """What went wrong last, whosever jobs they are."""
    query = read_query(FailuresQuery)
    return failures_document(services().store.failures(cursor=query.cursor, limit=query.limit))


@operator.get("/dead")
@described.DEAD
@requires("operator")
def dead() -> ResponseReturnValue:
    """The jobs that gave up after their last attempt. They stay until their life ends, or the operator acts."""
    query = read_query(DeadQuery)
    return failures_document(services().store.dead_jobs(cursor=query.cursor, limit=query.limit))


@operator.post("/dead/<job_id>/requeue")
@described.REQUEUE
@requires("operator")
def requeue(job_id: str) -> ResponseReturnValue:
    """Queue it again, its attempts counted anew. Its tenant hears of its second end as of another event."""
    read_query(NoQuery)
    _check_id(job_id)
    services().store.requeue_dead(job_id)
    _wake([job_id])
    return {"requeued": 1, "left": services().store.backlog().dead}


@operator.post("/dead/requeue")
@described.REQUEUE_ALL
@requires("operator")
def requeue_all() -> ResponseReturnValue:
    """As for one. Those whose photos are past their life stay on the list."""
    read_query(NoQuery)
    requeued = services().store.requeue_all_dead()
    _wake(requeued)
    return {"requeued": len(requeued), "left": services().store.backlog().dead}


@operator.delete("/dead/<id:job_id>")
@described.STRIKE
@requires("operator")
def strike(job_id: str) -> ResponseReturnValue:
    """The job stays failed for its tenant, as long as it would have. Doing so again is no mistake."""
    read_query(NoQuery)
    _check_id(job_id)
    if services().store.strike_dead(job_id):
        log.info("dead job struck off the list", job=job_id)
    return Response(status=HTTPStatus.NO_CONTENT)


def _check_id(job_id: str) -> None:
    if not is_job_id(job_id):
        raise ProblemError("not-found", "there is no such job")


def _wake(job_ids: list[str]) -> None:
    """A lost hint is the reaper's to make good."""
    log.info("dead jobs queued again", jobs=len(job_ids))
    for job_id in job_ids:
        if not services().hints.publish(job_id):
            return
