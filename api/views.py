"""A job as JSON, and the ETag that changes exactly when that JSON does."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request

from api.presence import ParallelJobs
from api.problems import problem_document
from api.services import services
from jobs.links import LinkSigner
from jobs.outlook import seconds_running, seconds_waiting
from jobs.records import Decision, JobView, OutputRecord, Progress
from jobs.routes import ANY
from jobs.settings import JobsSettings
from jobs.showing import output_path, shown_output, shown_time
from jobs.states import State

_LATE_BEATS = 1.2
_LOOKS_MS = 1_000
"""A worker is told to be silent after so many beats' time and this: one that is alive may be a little late, and it
looks once a second whether a beat is due, so that beats of 1.2 s come every 2 s."""


def job_document(view: JobView) -> dict[str, Any]:
    """The whole job, its outputs with links signed now."""
    return listed_document(view) | {"review": (view.manifest or {}).get("review"), "manifest": view.manifest}


def listed_document(view: JobView) -> dict[str, Any]:
    """The job as listings have it: all but its manifest."""
    return listed_documents([view])[0]


def listed_documents(views: Sequence[JobView]) -> list[dict[str, Any]]:
    """Jobs as listings have them; all links of a tenant are signed together."""
    links = _links([(view, output) for view in views for output in view.outputs])
    return [_listed(view, links) for view in views]


def _listed(view: JobView, links: Mapping[tuple[str, int], str]) -> dict[str, Any]:
    return {
        "id": view.id,
        "state": view.state.value,
        "progress": progress_document(view),
        "queue_position": view.queue_position,
        "waiting_for": waiting_for(view, services().parallel),
        "worker_silence": worker_silence(view, services().settings),
        "eta_s": eta_s(view, services().parallel),
        "attempt": view.attempt,
        "cancel_requested": view.cancel_requested,
        "created_at": shown_time(view.created_ms),
        "started_at": shown_time(view.started_ms),
        "finished_at": shown_time(view.finished_ms),
        "expires_at": shown_time(view.expires_ms),
        "outputs": [_output(view, output, links[view.id, output.index]) for output in view.outputs],
        "needs_review": any(output.needs_review for output in view.outputs),
        "problem": problem_document(view.problem) if view.problem else None,
        "spec": view.spec.model_dump(mode="json", exclude_none=True),
        "urls": job_urls(view.id),
    }


def progress_document(view: JobView) -> dict[str, Any]:
    """How far the job is in all, and each of its operations; of one that ended too early, how far it was then."""
    progress, operations = view.progress, view.spec.operations
    at = len(operations) if view.state is State.SUCCEEDED else progress.step
    at = -1 if at is None else at  # nobody has told yet
    shown = [_operation(params.op, index - at, progress) for index, params in enumerate(operations)]
    return {"fraction": progress.fraction, "stage": progress.stage, "operations": shown}


def waiting_for(view: JobView, parallel: ParallelJobs) -> dict[str, Any] | None:
    """What a queued job needs that no living worker has; None where one has it, and where it needs nothing."""
    return parallel.missing(view.route) if view.state is State.QUEUED and view.route != ANY else None


def worker_silence(view: JobView, settings: JobsSettings) -> dict[str, float] | None:
    """For how long the worker of a running job has missed its beats, and until when it keeps the job so."""
    left_ms = view.lease_left_ms
    if view.state is not State.RUNNING or left_ms is None:
        return None
    silent_ms = settings.lease_ms - left_ms
    if silent_ms < settings.heartbeat_ms * _LATE_BEATS + _LOOKS_MS:
        return None
    return {"for_s": round(silent_ms / 1000, 1), "job_kept_s": round(max(0, left_ms) / 1000, 1)}


def eta_s(view: JobView, parallel: ParallelJobs) -> float | None:
    """Seconds until the job is expected to be done; None of one that has ended, and where nobody can tell."""
    seconds = None
    if view.outlook is None:
        return None
    if view.state is State.RUNNING and view.started_ms is not None:
        seconds = seconds_running(view.outlook, view.outlook.now_ms - view.started_ms, view.progress.fraction)
    elif view.queue_position is not None and view.outlook.run_ms is not None:
        threads = parallel.count(view.route)
        waiting_s = seconds_waiting(view.outlook, view.queue_position, threads) if threads else None
        seconds = None if waiting_s is None else waiting_s + view.outlook.run_ms / 1000
    return None if seconds is None else round(seconds, 1)


def job_urls(job_id: str) -> dict[str, str]:
    """Where to poll a job, to follow it and to cancel it, and where its manifest will be."""
    self_url = absolute_url(f"/v1/jobs/{job_id}")
    return {"self": self_url} | {name: f"{self_url}/{name}" for name in ("events", "cancel", "manifest")}


def job_etag(view: JobView, links: LinkSigner) -> str:
    """Version, then what changes without it: the place in the queue, and the life of the outputs' links."""
    tag = f"{view.version}"
    if view.queue_position is not None:
        tag += f"-q{view.queue_position}"
    if view.outputs:
        tag += f"-l{links.expiry()}"
    return tag


def seen_version(etags: set[str]) -> int | None:
    """The newest version among the client's ETags; None when none is ours."""
    versions = (tag.partition("-")[0] for tag in etags)
    return max((int(version) for version in versions if version.isdecimal() and len(version) < 16), default=None)


def absolute_url(path: str) -> str:
    """``path`` on the public URL, or on the host that the client used."""
    return (services().settings.public_url or request.host_url.rstrip("/")) + path


def _operation(name: str, ahead: int, progress: Progress) -> dict[str, Any]:
    """An operation that is so many ahead of the one that the job is at."""
    state, fraction = ("done", 1.0) if ahead < 0 else ("waiting", 0.0)
    if ahead == 0:
        state, fraction = "running", progress.within
    return {"op": name, "state": state, "fraction": fraction}


def output_document(view: JobView, output: OutputRecord) -> dict[str, Any]:
    """One output, with a link signed now, and what was decided about it."""
    return _output(view, output, _links([(view, output)])[view.id, output.index])


def _links(outputs: Sequence[tuple[JobView, OutputRecord]]) -> dict[tuple[str, int], str]:
    """Links to outputs by job and index, signed now; the secret is read once for each tenant."""
    links: dict[tuple[str, int], str] = {}
    for tenant in {view.tenant for view, _ in outputs}:
        wanted = [(view.id, output.index) for view, output in outputs if view.tenant == tenant]
        signed = services().links.sign_all([output_path(*one) for one in wanted], tenant)
        links |= zip(wanted, map(absolute_url, signed), strict=True)
    return links


def _output(view: JobView, output: OutputRecord, url: str) -> dict[str, Any]:
    return shown_output(output, url) | {"decision": _decision(view.decisions.get(output.index))}


def _decision(decision: Decision | None) -> dict[str, Any] | None:
    if decision is None:
        return None
    return {"verdict": decision.verdict, "note": decision.note, "at": shown_time(decision.at_ms)}
