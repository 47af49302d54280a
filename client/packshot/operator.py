"""`client.operator`: how the whole service does, whosever the jobs are, and the jobs that gave up."""

from collections.abc import Iterator
from typing import Unpack

from packshot.flows import operator as steps
from packshot.flows import privacy
from packshot.flows.privacy import AuditFilter
from packshot.jobs import Job
from packshot.model_versions import OperatorModels
from packshot.operator_models import Failure, Overview, TenantLoad, Worker
from packshot.privacy_models import AuditEntry
from packshot.transport import Transport
from packshot.wishes import JobLike, id_of_job


class Operator:
    """What an operator sees and does. Needs the scope `operator`; all raise Forbidden without it. Thread-safe."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def overview(self) -> Overview:
        """What waits, runs and went wrong, and how long jobs take."""
        return self._transport.run(steps.overview(self._transport))

    def workers(self) -> tuple[Worker, ...]:
        """Every living worker, its device, and how well it fills its batches."""
        return self._transport.run(steps.workers(self._transport))

    def tenants(self, limit: int = 10) -> tuple[TenantLoad, ...]:
        """The tenants with the most jobs that have not ended, at most `limit` (1 to 100) of them."""
        return self._transport.run(steps.tenants(self._transport, limit))

    def models(self) -> OperatorModels:
        """Every model's versions: what is wished for, what workers serve, and what they refused."""
        return self._transport.run(steps.models(self._transport))

    def reload_models(self) -> OperatorModels:
        """Lets every worker look into its weights: what is newer there takes the old one's place once it is warm."""
        return self._transport.run(steps.reload_models(self._transport))

    def use_model(self, model: str, version: str) -> OperatorModels:
        """Lets jobs take this version of the model, or the "newest" there is. Raises NotFound."""
        return self._transport.run(steps.wish_model(self._transport, model, {"use": version}))

    def share_model(self, model: str, version: str | None, share: float = 0.0) -> OperatorModels:
        """Lets a part of the jobs, 0 to 1, take a version, the same on every host; None ends it. Raises NotFound."""
        wish = None if version is None else {"version": version, "share": float(share)}
        return self._transport.run(steps.wish_model(self._transport, model, {"share": wish}))

    def jobs(self, *, state: str | None = None, tenant: str | None = None) -> Iterator[Job]:
        """Jobs of all tenants, or of one, newest first; whose they are stands in `job.document["tenant"]`."""
        listing = steps.job_listing(state, tenant)
        return self._transport.iterate(self._transport.pages(listing, lambda told: Job(self._transport, told)))

    def failures(self) -> Iterator[Failure]:
        """What failed or expired, newest first."""
        return self._transport.iterate(steps.failures(self._transport))

    def dead(self) -> Iterator[Failure]:
        """The jobs that gave up after their last attempt, and wait for `requeue` or `discard`."""
        return self._transport.iterate(steps.dead(self._transport))

    def audit(self, *, tenant: str | None = None, **asked: Unpack[AuditFilter]) -> Iterator[AuditEntry]:
        """Who did what, of all tenants or of one; "*" is what concerns the installation. For `asked` see `audit`."""
        return self._transport.iterate(privacy.audit(self._transport, asked, f"{steps.PATH}/audit", tenant))

    def requeue(self, job: JobLike | None = None) -> int:
        """Queues a dead job again, or all of them, in as many calls as that takes; returns how many.

        Of all, those whose photo the server has no more stay dead. Raises NotFound, Conflict.
        """
        return self._transport.run(steps.requeue(self._transport, None if job is None else id_of_job(job)))

    def discard(self, job: JobLike) -> None:
        """Takes a dead job off the list; for its owner it stays failed."""
        self._transport.run(steps.discard(self._transport, id_of_job(job)))

    def rotate_links(self) -> str:
        """Signs links with a new secret; returns until when those that were signed before open anything."""
        return self._transport.run(steps.rotate_links(self._transport))
