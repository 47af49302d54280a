"""`client.operator` of an AsyncClient."""

from collections.abc import AsyncGenerator
from typing import Unpack

from packshot.aio.jobs import AsyncJob
from packshot.aio.transport import AsyncTransport
from packshot.flows import operator as steps
from packshot.flows import privacy
from packshot.flows.privacy import AuditFilter
from packshot.model_versions import OperatorModels
from packshot.operator_models import Failure, Overview, TenantLoad, Worker
from packshot.privacy_models import AuditEntry
from packshot.wishes import JobLike, id_of_job


class AsyncOperator:
    """What an operator sees and does. Needs the scope `operator`; all raise Forbidden without it."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def overview(self) -> Overview:
        """What waits, runs and went wrong, and how long jobs take. See `Operator.overview`."""
        return await self._transport.run(steps.overview(self._transport))

    async def workers(self) -> tuple[Worker, ...]:
        """Every living worker, its device, and how well it fills its batches. See `Operator.workers`."""
        return await self._transport.run(steps.workers(self._transport))

    async def tenants(self, limit: int = 10) -> tuple[TenantLoad, ...]:
        """The tenants with the most jobs that have not ended. See `Operator.tenants`."""
        return await self._transport.run(steps.tenants(self._transport, limit))

    async def models(self) -> OperatorModels:
        """Every model's versions. See `Operator.models`."""
        return await self._transport.run(steps.models(self._transport))

    async def reload_models(self) -> OperatorModels:
        """Lets every worker look into its weights. See `Operator.reload_models`."""
        return await self._transport.run(steps.reload_models(self._transport))

    async def use_model(self, model: str, version: str) -> OperatorModels:
        """Lets jobs take this version of the model. See `Operator.use_model`."""
        return await self._transport.run(steps.wish_model(self._transport, model, {"use": version}))

    async def share_model(self, model: str, version: str | None, share: float = 0.0) -> OperatorModels:
        """Lets a part of the jobs take a version. See `Operator.share_model`."""
        wish = None if version is None else {"version": version, "share": float(share)}
        return await self._transport.run(steps.wish_model(self._transport, model, {"share": wish}))

    def jobs(self, *, state: str | None = None, tenant: str | None = None) -> AsyncGenerator[AsyncJob, None]:
        """Jobs of all tenants, or of one, newest first. See `Operator.jobs`."""
        listing = steps.job_listing(state, tenant)
        return self._transport.iterate(self._transport.pages(listing, lambda told: AsyncJob(self._transport, told)))

    def failures(self) -> AsyncGenerator[Failure, None]:
        """What failed or expired, newest first. See `Operator.failures`."""
        return self._transport.iterate(steps.failures(self._transport))

    def dead(self) -> AsyncGenerator[Failure, None]:
        """The jobs that gave up after their last attempt, and wait for `requeue` or `discard`. See `Operator.dead`."""
        return self._transport.iterate(steps.dead(self._transport))

    def audit(self, *, tenant: str | None = None, **asked: Unpack[AuditFilter]) -> AsyncGenerator[AuditEntry, None]:
        """Who did what, of all tenants or of one. See `Operator.audit`."""
        return self._transport.iterate(privacy.audit(self._transport, asked, f"{steps.PATH}/audit", tenant))

    async def requeue(self, job: JobLike | None = None) -> int:
        """Queues a dead job again, or all of them. See `Operator.requeue`."""
        return await self._transport.run(steps.requeue(self._transport, None if job is None else id_of_job(job)))

    async def discard(self, job: JobLike) -> None:
        """Takes a dead job off the list. See `Operator.discard`."""
        await self._transport.run(steps.discard(self._transport, id_of_job(job)))

    async def rotate_links(self) -> str:
        """Signs links with a new secret. See `Operator.rotate_links`."""
        return await self._transport.run(steps.rotate_links(self._transport))
