"""The way into the SDK for asyncio: one AsyncClient per server and key."""

import os
from collections.abc import AsyncGenerator, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, Unpack

import httpx

from packshot.aio.batches import AsyncBatch
from packshot.aio.jobs import AsyncJob
from packshot.aio.privacy import AsyncPrivacyCalls
from packshot.aio.server_calls import AsyncServerCalls
from packshot.aio.transport import AsyncTransport
from packshot.batch_models import CatalogCheck
from packshot.catalog.asking import CatalogFields, Row
from packshot.checks import ChannelCheck, checks_of
from packshot.flows import asking
from packshot.flows.asking import JobFilter
from packshot.flows.cataloguing import Cataloguing
from packshot.flows.submitting import Asked, Submitting
from packshot.job_events import JobEvent
from packshot.locating import locate
from packshot.models import Upload
from packshot.operation_text import Operation
from packshot.reading import Document
from packshot.replaying import Replay, replay_steps
from packshot.retries import RetryPolicy
from packshot.validation import Validation
from packshot.wishes import GenerateFields, JobLike, Photo, VariationFields


class AsyncClient(Submitting[AsyncTransport], Cataloguing[AsyncTransport], AsyncServerCalls, AsyncPrivacyCalls):
    """A server and a key, as `Client` has them, for asyncio; close it, or use it in an `async with`.

    Every call does what the one of the same name does there. Many tasks of one event loop may share it. Photos are read
    and hashed on a thread; of downloads, pieces are written as they come.
    """

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        *,
        retries: RetryPolicy | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        super().__init__(AsyncTransport(locate(base_url, api_key), retries or RetryPolicy(), http=transport))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connections. See `Client.close`."""
        await self._transport.close()

    async def upload(self, photo: str | os.PathLike[str] | bytes) -> Upload:
        """Sends a photo, given as a path or as its bytes. See `Client.upload`."""
        return await self._transport.run(self.upload_steps(photo))

    async def submit(
        self,
        photo: Photo | None,
        operations: Iterable[Operation],
        *,
        output: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
        **more: Any,
    ) -> AsyncJob:
        """Starts a job on a photo (path, bytes, or an Upload) and returns at once. See `Client.submit`."""
        return await self._job(Asked.of(photo, operations, output=output, idempotency_key=idempotency_key, **more))

    async def validate(
        self,
        photo: Photo | None,
        operations: Iterable[Operation],
        *,
        output: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> Validation:
        """What `submit` would start, and how long it would take. See `Client.validate`."""
        return await self._transport.run(self.validate_steps(Asked.of(photo, operations, output=output, **more)))

    async def generate(
        self,
        text: str | None = None,
        *,
        like: Iterable[Photo] = (),
        then: Iterable[Operation] = (),
        **asked: Unpack[GenerateFields],
    ) -> AsyncJob:
        """Starts a job that makes new product pictures on white. See `Client.generate`."""
        return await self._job(Asked.generation(text, like, then, asked))

    async def variations(
        self,
        photo: Photo,
        *,
        towards: Photo | None = None,
        then: Iterable[Operation] = (),
        **asked: Unpack[VariationFields],
    ) -> AsyncJob:
        """Starts a job that makes pictures of products like the photo's. See `Client.variations`."""
        return await self._job(Asked.variations(photo, towards, then, asked))

    async def replay(self, manifest: Document, photo: str | os.PathLike[str] | bytes | None = None) -> Replay[AsyncJob]:
        """Does the job of a manifest again, and compares. See `Client.replay`."""
        given = [] if photo is None else [photo]
        steps = replay_steps(self, manifest, given, lambda told: AsyncJob(self._transport, told))
        return await self._transport.run(steps)

    async def resubmit(self, spec: Mapping[str, Any]) -> AsyncJob:
        """Starts a job by a whole spec, as a manifest has it. See `Client.resubmit`."""
        return AsyncJob(self._transport, await self._transport.run(self.resubmit_steps(spec)))

    async def check(self, photo: Photo, presets: Iterable[str]) -> Mapping[str, ChannelCheck]:
        """Grades a photo as it is for channels, such as `["amazon-main", "etsy"]`. See `Client.check`."""
        job = await self._job(Asked.grading(photo, presets))
        await self._transport.run(job.wait_or_cancel_steps())
        return checks_of(job.manifest)

    async def job(self, job_id: str) -> AsyncJob:
        """The job of that id. See `Client.job`."""
        return await AsyncJob(self._transport, {"id": job_id, "state": "queued"}).refresh()

    def jobs(self, **asked: Unpack[JobFilter]) -> AsyncGenerator[AsyncJob, None]:
        """All jobs of this key's owner, newest first. See `Client.jobs`."""
        listing = asking.job_listing("/v1/jobs", asked)
        return self._transport.iterate(self._transport.pages(listing, lambda told: AsyncJob(self._transport, told)))

    def events(self, *, after: str = "") -> AsyncGenerator[JobEvent, None]:
        """What happens to all jobs of this key's owner, as it happens, without end. See `Client.events`."""
        return self._transport.iterate(asking.all_events(self._transport, after))

    async def cancel(self, job_id: str) -> None:
        """Stops a job by its id. See `Client.cancel`."""
        await self._transport.run(asking.canceled(self._transport, job_id))

    async def archive(self, jobs: Iterable[JobLike], to: str | os.PathLike[str], *, verdict: str | None = None) -> Path:
        """The pictures of ended jobs as one ZIP. See `Client.archive`."""
        return await self._transport.run(asking.archived(self._transport, jobs, to, verdict))

    async def catalog(
        self,
        rows: Iterable[Row],
        *,
        skip_invalid: bool = False,
        idempotency_key: str | None = None,
        **shared: Unpack[CatalogFields],
    ) -> AsyncBatch:
        """Sends the photos of all rows and starts one batch of jobs. See `Client.catalog`."""
        steps = self.catalog_steps(rows, shared, skip_invalid=skip_invalid, idempotency_key=idempotency_key)
        return AsyncBatch(self._transport, await self._transport.run(steps))

    async def check_catalog(self, rows: Iterable[Row], **shared: Unpack[CatalogFields]) -> CatalogCheck:
        """What the server would say of the rows, and how long they would take. See `Client.check_catalog`."""
        return await self._transport.run(self.check_catalog_steps(rows, shared))

    async def batch(self, batch_id: str) -> AsyncBatch:
        """The batch of that id. See `Client.batch`."""
        return await AsyncBatch(self._transport, {"id": batch_id, "state": "running"}).refresh()

    def batches(self) -> AsyncGenerator[AsyncBatch, None]:
        """All batches of this key's owner, newest first. See `Client.batches`."""
        pages = self._transport.pages(asking.BATCHES, lambda told: AsyncBatch(self._transport, told))
        return self._transport.iterate(pages)

    async def _job(self, asked: Asked) -> AsyncJob:
        return AsyncJob(self._transport, await self._transport.run(self.submit_steps(asked)))
