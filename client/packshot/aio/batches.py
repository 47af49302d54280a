"""A catalogue as the AsyncClient sees it: `packshot.Batch`, awaited."""

import os
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

from packshot.aio.jobs import AsyncJob
from packshot.aio.transport import AsyncTransport
from packshot.batch_models import BatchCounts, BatchItem
from packshot.flows.batch_record import MIN_POLL_INTERVAL_S, BatchRecord
from packshot.flows.polling import LONG_POLL_S, Patience
from packshot.job_events import BatchEvent

OnBatchProgress = Callable[[BatchCounts], object]


class AsyncBatch(BatchRecord[AsyncTransport]):
    """A handle on one batch; its properties tell what the server said last. One task at a time uses a handle."""

    async def refresh(self) -> "AsyncBatch":
        """Asks the server how the batch is now."""
        return await self.poll(0.0)

    async def poll(self, wait_s: float = LONG_POLL_S) -> "AsyncBatch":
        """One question, as `Batch.poll`."""
        await self._transport.run(self.poll_steps(wait_s))
        return self

    async def wait(self, timeout_s: float | None = None, on_progress: OnBatchProgress | None = None) -> "AsyncBatch":
        """Waits until no row is left to do, as `Batch.wait`; awaits what `on_progress` returns where that can be."""
        await self._transport.run(self.wait_steps(Patience(timeout_s, on_progress, MIN_POLL_INTERVAL_S)))
        return self

    def events(self) -> AsyncGenerator[BatchEvent, None]:
        """What happens to the batch, as `Batch.events` tells it: `async for event in batch.events()`."""
        return self._transport.iterate(self.event_feed())

    def items(self, state: str | None = None) -> AsyncGenerator[BatchItem, None]:
        """Its rows in their order, or those in one state: `async for item in batch.items()`."""
        return self._transport.iterate(self.item_feed(state))

    async def job(self, item: BatchItem) -> AsyncJob:
        """The job of a row, as `Batch.job`."""
        return AsyncJob(self._transport, await self._transport.run(self.job_steps(item)))

    async def pause(self) -> "AsyncBatch":
        """Starts no further row, as `Batch.pause`."""
        await self._transport.run(self.pause_steps())
        return self

    async def resume(self) -> "AsyncBatch":
        """Goes on after a pause."""
        await self._transport.run(self.resume_steps())
        return self

    async def cancel(self) -> "AsyncBatch":
        """Ends it, as `Batch.cancel`."""
        await self._transport.run(self.cancel_steps())
        return self

    async def retry_failed(self) -> "AsyncBatch":
        """Does the failed rows again, and only these. Raises Conflict where the server cannot."""
        await self._transport.run(self.retry_steps())
        return self

    async def results_csv(self, path: str | os.PathLike[str]) -> Path:
        """The result manifest as CSV, as `Batch.results_csv`."""
        return await self._transport.run(self.fetch_steps("results?format=csv", Path(path)))

    async def results_jsonl(self, path: str | os.PathLike[str]) -> Path:
        """The result manifest as JSON lines."""
        return await self._transport.run(self.fetch_steps("results?format=jsonl", Path(path)))

    async def download_archive(self, path: str | os.PathLike[str]) -> Path:
        """All pictures so far as a ZIP, as `Batch.download_archive`."""
        return await self._transport.run(self.fetch_steps("archive", Path(path)))
