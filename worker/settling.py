"""How an attempt ends in the record, apart from its failing: done, ended from outside, or stalled by the blob store.

Whether what failed is tried again is for `worker/tasks.py` to say.
"""

import logging
import time
from functools import partial
from typing import Any

from jobs.errors import BlobError, NotConfirmed
from jobs.problems import Problem
from jobs.records import Claim, OutputRecord
from worker import spans
from worker.leases import Lease
from worker.results import result_prefix
from worker.workshop import Workshop

log = logging.getLogger(__name__)

_OUTCOMES = {"cancel": "canceled", "lost": "lost", "drain": "released"}


def settle_done(workshop: Workshop, lease: Lease, outputs: list[OutputRecord], manifest: dict[str, Any]) -> bool:
    """Make the result visible; False where it came too late, and is thrown away."""
    claim = lease.claim
    finish = partial(_finish, workshop, claim, outputs, manifest)
    with workshop.tracing.part("finish"):
        finished = workshop.until_answered(finish)
    tell_end(workshop, lease, "succeeded" if finished else "late")
    if not finished:
        log.warning("%s was finished too late: its lease is another's, or it was canceled or expired", claim.job_id)
        _discard(workshop, claim)
    return finished


def settle_ended(workshop: Workshop, lease: Lease) -> None:
    """Canceled: say so. Lost or draining: the record knows already, or the drain tells it."""
    claim = lease.claim
    tell_end(workshop, lease, _OUTCOMES[lease.reason], "lease-lost" if lease.reason == "lost" else "")
    log.info("%s stopped: %s", claim.job_id, lease.reason)
    _discard(workshop, claim)
    if lease.reason == "cancel":
        workshop.until_answered(lambda: workshop.store.cancel_running(claim.job_id, claim.token))


def settle_stalled(workshop: Workshop, lease: Lease, problem: Problem, error: BlobError) -> None:
    """The blob store is out: the job is for others, or for later."""
    claim = lease.claim
    tell_end(workshop, lease, "stalled", problem.type)
    log.warning("%s is queued again, attempt %d not used: %s", claim.job_id, claim.attempt, error)
    workshop.until_answered(lambda: workshop.store.stall(claim.job_id, claim.token))
    workshop.hints.publish("stalled")


def tell_end(workshop: Workshop, lease: Lease, outcome: str, problem: str = "") -> None:
    """To who watches: how this thread's attempt ended, and of what."""
    spans.tell_end(workshop.tracing, outcome, problem)
    workshop.metrics.ended(lease.claim, outcome, time.monotonic() - lease.began, problem)


def _finish(workshop: Workshop, claim: Claim, outputs: list[OutputRecord], manifest: dict[str, Any]) -> bool:
    """Finish, and see that the replicas have it: asked again, both go to a replica that took over meanwhile."""
    finished = workshop.store.finish(claim.job_id, claim.token, outputs=outputs, manifest=manifest)
    try:
        workshop.store.confirm()
    except NotConfirmed as error:
        log.warning("should Redis' machine be lost now, %s runs once more: %s", claim.job_id, error)
    return finished


def _discard(workshop: Workshop, claim: Claim) -> None:
    """Delete what this attempt stored; what is left behind here, the reaper collects."""
    try:
        workshop.blobs.delete_prefix(result_prefix(claim))
    except BlobError as error:
        log.warning("the unused result of %s stays for the reaper: %s", claim.job_id, error)
