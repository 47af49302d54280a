"""A worker's side: claim the next job, keep the lease, end the attempt. After the claim its token fences every call."""

from typing import Any, cast

from jobs.problems import Problem
from jobs.records import Beat, Claim, OutputRecord, dump_outputs
from jobs.routes import read_stored
from jobs.store.base import RecordBase, pack
from jobs.tokens import new_token


class WorkingStore(RecordBase):
    """What a worker does.

    An ending returns False when the token is stale, or the job was canceled or expired meanwhile; the caller then
    throws its result away. The same ending again with the same token gives the same answer, so a
    timed-out call may simply be repeated.
    """

    def claim(self, owner: str, *, token: str | None = None, can: str = "") -> Claim | None:
        """Lease the next job: by class (1 in 8 claims looks at bulk first), round robin over tenants, age; or None.

        ``can`` is what the worker can do (``jobs.routes.abilities``); without, it is given what any worker does.
        With a ``token`` that has already claimed, gives that same job again while its lease is not lost, else None.
        """
        token = token or new_token()
        answer = self.run_script("claim", owner=owner, token=token, lease_ms=self.settings.lease_ms, can=can or None)
        if not answer:
            return None
        job_id, tenant, spec, attempt, deadline_ms, created_ms, in_batch, lost, needs, more, *told = answer
        trace, request_id, waited_ms, lane = told
        return Claim(
            job_id=job_id,
            tenant=tenant,
            spec=read_stored(spec, needs, lane),
            attempt=int(attempt),
            token=token,
            deadline_ms=int(deadline_ms) if deadline_ms else None,
            created_ms=int(created_ms),
            in_batch=bool(in_batch),
            lost=int(lost),
            more=int(more),
            trace=trace,
            request_id=request_id,
            waited_ms=int(waited_ms),
        )

    def heartbeat(self, job_id: str, token: str) -> Beat:
        """Extend the lease.

        "cancel": stop and call ``cancel_running`` (canceled, deleted or past its deadline). "lost": drop everything.
        """
        return cast("Beat", self.run_script("heartbeat", id=job_id, token=token, lease_ms=self.settings.lease_ms))

    def progress(self, job_id: str, token: str, done: float, stage: str, step: tuple[int, float] | None = None) -> bool:
        """Show progress to pollers: ``done`` 0..1. False when the token is stale.

        ``step`` is the operation it is at (-1 before the first) and how far that is, 0..1.
        """
        fraction = min(max(done, 0.0), 1.0)
        at = step and f"{step[0]} {min(max(step[1], 0.0), 1.0):.3f}"
        return bool(self.run_script("progress", id=job_id, token=token, fraction=fraction, stage=stage, step=at))

    def finish(self, job_id: str, token: str, *, outputs: list[OutputRecord], manifest: dict[str, Any]) -> bool:
        """→ succeeded, with its outputs. The blobs must be stored before."""
        return self._end(
            job_id,
            token,
            "succeeded",
            outputs=dump_outputs(outputs),
            output_count=len(outputs),
            manifest=pack(manifest),
            needs_review=_review(manifest),
        )

    def fail(self, job_id: str, token: str, problem: Problem) -> bool:
        """→ failed, for a fault that another attempt would not mend."""
        return self._end(job_id, token, "failed", problem=pack(problem.to_json()))

    def retry(self, job_id: str, token: str, problem: Problem, delay_ms: int) -> bool:
        """→ queued, in ``delay_ms`` or later; at the last attempt → failed, on the dead list.

        The job then ends with ``gave-up``, or with ``storage`` when that was the problem; the detail names the attempt.
        """
        return self._end(job_id, token, "retry", problem=pack(problem.to_json()), delay_ms=delay_ms)

    def cancel_running(self, job_id: str, token: str) -> bool:
        """→ canceled; → expired when nobody canceled but the job has a deadline; erased when it was deleted."""
        return self._end(job_id, token, "canceled")

    def stall(self, job_id: str, token: str) -> bool:
        """→ queued, at its old age, the attempt not used: for a worker whose blob store does not answer.

        → failed, with ``storage``, once that has been so for ``storage_patience_s`` since the first time, or the first
        after an attempt that failed of something else; a job that no worker takes meanwhile is failed by ``reap``.
        """
        return self._end(job_id, token, "stalled", patience_ms=round(self.settings.storage_patience_s * 1000))

    def release(self, job_id: str, token: str) -> bool:
        """→ queued, at its old age, the attempt not used: for a worker that drains."""
        return self._end(job_id, token, "released")

    def doubt_result(self, tenant: str, job_id: str, path: str) -> bool:
        """Note that what lies under an output's ``path`` is not what was stored there; True where nobody did before.

        From now on the job stands neither for its work nor for its idempotency key: the same asked again is done anew.
        """
        return bool(self.run_script("doubt_result", tenant=tenant, id=job_id, path=path))

    def _end(self, job_id: str, token: str, outcome: str, **arguments: str | int | None) -> bool:
        return bool(self.run_script("end", id=job_id, token=token, outcome=outcome, **arguments))


def _review(manifest: dict[str, Any]) -> str:
    """For listings, whether somebody should look at the result: "1", "0", or "" where nothing was compared."""
    review = manifest.get("review")
    if review is None:
        return ""
    return "1" if (review.get("needs_review") if isinstance(review, dict) else review) else "0"
