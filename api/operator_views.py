"""What the operator is told, as JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

import redis

from api.presence import WorkerPresence
from api.problems import problem_document
from api.views import listed_documents
from jobs.figures import End, Failure, FailureKind, FailurePage, Quantiles, quantiles
from jobs.records import JobView
from jobs.showing import shown_time
from jobs.store.gauging import Pending

MEGA = 1_000_000


def latency_document(ends: Sequence[End]) -> dict[str, Any]:
    """How long the jobs took whose ends these are, newest first."""
    return {
        "jobs": len(ends),
        "since": shown_time(ends[-1].at_ms) if ends else None,
        "wait_s": _seconds(quantiles([end.wait_ms for end in ends])),
        "run_s": _seconds(quantiles([end.run_ms for end in ends])),
        "total_s": _seconds(quantiles([end.total_ms for end in ends])),
    }


def queue_document(waiting: Pending) -> dict[str, Any]:
    """What waits of one class and route."""
    return {
        "priority": waiting.priority,
        "route": waiting.route,
        "jobs": waiting.jobs,
        "megapixels": round(waiting.megapixels, 3),
    }


def megapixels_per_s(workers: Sequence[WorkerPresence]) -> float:
    """Of all workers' networks; those of an earlier version do not tell."""
    return round(sum((worker.engine or {}).get("megapixels_per_s") or 0.0 for worker in workers), 3)


def kind_document(kind: FailureKind) -> dict[str, Any]:
    """How often one problem occurred."""
    at = shown_time(kind.last_ms)
    return {"type": f"/problems/{kind.slug}", "count": kind.count, "recent": kind.recent} | {
        "last_at": at,
        "last_job": kind.last_job,
    }


def redis_document(connection: redis.Redis, lost_ms: int | None) -> dict[str, Any]:
    """The job store's memory and version, and when it lost data last. Raises Redis' own faults."""
    with connection.pipeline(transaction=False) as pipeline:
        pipeline.info("memory")
        pipeline.info("server")
        memory, server = pipeline.execute()
    limit = int(memory.get("maxmemory", 0))
    return {
        "used_mb": round(int(memory["used_memory"]) / MEGA, 1),
        "max_mb": round(limit / MEGA, 1) if limit else None,
        "version": str(server["redis_version"]),
        "lost_at": shown_time(lost_ms),
    }


def worker_document(worker: WorkerPresence) -> dict[str, Any]:
    """A worker as it announced itself."""
    return {
        "owner": worker.owner,
        "host": worker.host,
        "pid": worker.pid,
        "backend": worker.backend,
        "device": worker.device,
        "threads": worker.threads,
        "running": len(worker.jobs),
        "jobs": list(worker.jobs),
        "started_at": shown_time(worker.started_ms),
        "beat_at": shown_time(worker.beat_ms),
        "silent_s": round(worker.silent_ms / 1000, 1),
        "blobs_fault": worker.blobs_fault or None,
        "models": worker.models,
        "engine": worker.engine,
    }


def tenant_job_documents(views: Sequence[JobView]) -> list[dict[str, Any]]:
    """Jobs as listings have them, and whose they are."""
    shown = zip(listed_documents(views), views, strict=True)
    return [document | {"tenant": view.tenant} for document, view in shown]


def failures_document(page: FailurePage) -> dict[str, Any]:
    """A page of failures."""
    return {"items": [_failure(failure) for failure in page.items], "cursor": page.cursor}


def _failure(failure: Failure) -> dict[str, Any]:
    return {
        "id": failure.job_id,
        "tenant": failure.tenant,
        "problem": problem_document(failure.problem),
        "attempt": failure.attempt,
        "finished_at": shown_time(failure.finished_ms),
        "dead": failure.dead,
    }


def _seconds(found: Quantiles) -> Mapping[str, float | None]:
    return {name: None if value is None else round(value / 1000, 3) for name, value in vars(found).items()}
