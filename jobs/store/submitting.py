"""The way in: submit, cancel, delete."""

import hashlib
import math
from collections.abc import Callable
from dataclasses import replace

from jobs.outlook import Outlook, read_outlook
from jobs.presence import LIVENESS_MS
from jobs.problems import ProblemError, another_request, being_erased
from jobs.quotas import Charge
from jobs.records import Arrival, Submission
from jobs.routes import lane_of, parts_of_lane, stored
from jobs.spec import JobSpec, canonical_body
from jobs.spec.lineage import Parent
from jobs.spec.parsing import signature
from jobs.states import State
from jobs.store.base import RecordBase, check_tenant
from jobs.store.webhooks import pack_wish, too_many_endpoints
from jobs.tokens import new_job_id, new_token
from jobs.urls import check_url
from jobs.webhooks.urls import read_webhook_url

_LONGEST_RETRY_S = 600


class SubmittingStore(RecordBase):
    """What a client changes about its jobs."""

    def submit(
        self,
        tenant: str,
        spec: JobSpec,
        *,
        idempotency_key: str | None = None,
        charge: Charge | None = None,
        arrival: Arrival = Arrival(),  # noqa: B008  (frozen)
        hint: Callable[[str], tuple[str, str]] | None = None,
    ) -> Submission:
        """Write the job, in one script: idempotency, upload, quota, depth, record, pending, audit log.

        The idempotency key is bound to ``canonical_body(spec, tenant)``. A key whose record is gone (lost with Redis'
        data, or erased) makes a new job. ``hint`` gives a job's hint and its list, to be
        published with the job; without, that is the caller's to do.
        Raises ProblemError: idempotency-mismatch, invalid-parameter (no such upload; points to where it is named),
        those of ``check_addresses``, rate-limited (too many active jobs of this tenant, or those a day of
        ``charge`` are spent), overloaded (too many pending in all; or it would wait beyond its deadline or, if it is
        interactive, beyond ``max_wait_s``; or too many kinds of needs wait), unknown-model (it needs a version that
        no worker has announced).
        """
        check_tenant(tenant)
        self.check_addresses(spec)
        order = self._order(tenant, spec, charge)
        answer, value = self.run_script(
            "submit",
            **order,
            audit=self.audit_arguments(arrival.note and replace(arrival.note, subject=str(order["id"]))),
            base_url=arrival.base_url or None,
            request=arrival.request_id or None,
            trace=arrival.trace,
            work=self.work_hash(spec, tenant),
            idempotency_key=idempotency_key and hashlib.sha256(idempotency_key.encode()).hexdigest(),
            body=canonical_body(spec, tenant),
            hint=hint and hint(str(order["id"])),
        )
        if answer in {"created", "found"}:
            return Submission(value, created=answer == "created")
        raise self._refusal(answer, value, spec, charge)

    def foresee(
        self, tenant: str, spec: JobSpec, *, charge: Charge | None = None, arriving: str | None = None
    ) -> tuple[int, Outlook]:
        """What a submit would meet now, without it: the queue position that the job would have, and the run times.

        ``arriving`` is the SHA-256 of a photo that need not be there yet. Raises ProblemError as ``submit`` does.
        """
        check_tenant(tenant)
        self.check_addresses(spec)
        order = self._order(tenant, spec, charge)
        uploads = " ".join(sha256 for sha256 in spec.uploads if sha256 != arriving)
        answer, value, position, *known = self.run_script("foresee", **order | {"uploads": uploads})
        if answer != "taken":
            raise self._refusal(answer, value, spec, charge)
        return position, read_outlook(*known)

    def check_addresses(self, spec: JobSpec) -> None:
        """Check the URLs that the spec names. Raises ProblemError: url-forbidden, webhook-url-forbidden."""
        if spec.input and spec.input.url is not None:
            check_url(spec.input.url, switched_on=self.settings.fetch_urls)
        if spec.webhook is not None:
            read_webhook_url(spec.webhook.url, private=self.settings.webhooks_private, pointer="/webhook/url")

    def cancel(self, tenant: str, job_id: str) -> State:
        """Cancel: a queued job is CANCELED at once, a running one is flagged and stays RUNNING until its worker hears.

        Raises ProblemError: not-found, already-terminal (with ``state``).
        """
        answer = self.run_script("cancel", id=job_id, tenant=tenant, call=new_token())
        if answer == "none":
            raise ProblemError("not-found", f"there is no job {job_id}")
        if answer.startswith("already:"):
            state = answer.removeprefix("already:")
            raise ProblemError("already-terminal", f"the job is {state} and cannot be canceled", state=state)
        return State(answer)

    def delete(self, tenant: str, job_id: str) -> list[str]:
        """Erase the job; returns the blob prefixes and paths to delete, with the uploads that no other job has.

        A running job is canceled first and erased by whoever ends it (its blobs come back from ``reap``): the list is
        then empty, as it is for a job already gone. From now on ``get`` gives None and ``is_gone`` True.
        Raises ProblemError not-found.
        """
        answer, *garbage = self.run_script("delete", id=job_id, tenant=tenant)
        if answer == "none":
            raise ProblemError("not-found", f"there is no job {job_id}")
        return [str(path) for path in garbage]

    def _order(self, tenant: str, spec: JobSpec, charge: Charge | None) -> dict[str, str | int | None]:
        """What the scripts make a job of, and by which terms."""
        document, needs = stored(spec)
        return {
            "id": new_job_id(),
            "tenant": tenant,
            "spec": document,
            "needs": needs,
            "lane": lane_of(spec),
            "uploads": " ".join(spec.uploads),
            "external_id": spec.external_id,
            "parent": spec.parent.job if spec.parent else None,
            "parent_output": spec.parent.output if spec.parent else None,
            "webhook": pack_wish(spec.webhook),
            "deadline_ms": spec.deadline_s and spec.deadline_s * 1000,
            "signature": signature(spec),
            "asked_life": True if spec.expires_in_s else None,
            "retention_ms": (spec.expires_in_s or self.settings.retention_s) * 1000,
            "key_life_ms": self.settings.retention_s * 1000,
            "max_attempts": self.settings.max_attempts,
            "max_pending": self.settings.max_pending,
            "max_active": self.settings.max_active_per_tenant,
            "max_wait_ms": self.settings.max_wait_s * 1000 or None,
            "liveness_ms": LIVENESS_MS,
            "account": charge.account if charge else None,
            "jobs_per_day": charge.jobs_per_day if charge else None,
            "token": charge.token if charge else None,
        }

    def _refusal(self, answer: str, told: str, spec: JobSpec, charge: Charge | None) -> ProblemError:
        if answer in {"spent", "used-up"} and charge is not None:
            return charge.refusal(answer, told, 1)
        if answer == "mismatch":
            return another_request(told)
        if answer == "erasing":
            return being_erased()
        if answer == "no-upload":
            pointer = spec.uploads[told]
            detail = f"there is no upload sha256:{told}; upload the {_kind_of_upload(pointer)} first"
            mistake = {"pointer": pointer, "detail": detail}
            return ProblemError("invalid-parameter", detail, errors=[mistake])
        if answer == "no-parent" and spec.parent is not None:
            return _no_parent(spec.parent)
        if answer == "no-endpoint":
            return too_many_endpoints("/webhook/url")
        if answer == "quota":
            limit = self.settings.max_active_per_tenant
            return ProblemError("rate-limited", f"{limit} jobs of yours are active, the most allowed", retry_after_s=10)
        if answer in {"no-version", "routes"}:
            return (
                _no_version(told) if answer == "no-version" else _too_many_routes(told, parts_of_lane(lane_of(spec))[1])
            )
        if answer == "late":
            return _too_late(*map(int, told.split()))
        assert answer == "full", answer
        return ProblemError(
            "overloaded", f"{self.settings.max_pending} jobs are waiting, the most allowed", retry_after_s=10
        )


def _no_parent(parent: Parent) -> ProblemError:
    what = "job" if parent.output is None else f"output {parent.output} of a job"
    detail = f"there is no {what} {parent.job}"
    return ProblemError("invalid-parameter", detail, errors=[{"pointer": "/parent", "detail": detail}])


def _no_version(told: str) -> ProblemError:
    word, _, detail = told.partition(" ")
    pointer = f"/needs/models/{word.partition('=')[0]}"
    return ProblemError("unknown-model", detail, errors=[{"pointer": pointer, "detail": detail}])


def _too_many_routes(told: str, route: str) -> ProblemError:
    whose, most = told.split()
    jobs = "jobs of yours with" if whose == "own" else "jobs with"
    detail = f"{jobs} {most} other kinds of needs are waiting, the most allowed; {route} is one more"
    return ProblemError("overloaded", detail, retry_after_s=_LONGEST_RETRY_S)


def _too_late(wait_ms: int, allowed_ms: int) -> ProblemError:
    """Come back once so many have been done that the wait is short enough, if nobody else comes meanwhile."""
    retry_after_s = max(1, min(_LONGEST_RETRY_S, math.ceil((wait_ms - allowed_ms) / 1000)))
    detail = (
        f"the job would wait about {math.ceil(wait_ms / 1000)} s, and may wait {allowed_ms // 1000} s "
        f"at most; try again in {retry_after_s} s"
    )
    return ProblemError("overloaded", detail, retry_after_s=retry_after_s)


def _kind_of_upload(pointer: str) -> str:
    if pointer == "/input/upload":
        return "photo"
    return "mask" if pointer.endswith("/mask") else "picture"
