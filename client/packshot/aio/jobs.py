"""A job as the AsyncClient sees it: `packshot.Job`, awaited."""

import os
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

from packshot.aio.transport import AsyncTransport
from packshot.flows.job_record import JobRecord
from packshot.flows.polling import Patience
from packshot.job_events import JobEvent
from packshot.models import Progress

OnProgress = Callable[[Progress], object]


class AsyncJob(JobRecord[AsyncTransport]):
    """A handle on one job; its properties tell what the server said last. One task at a time uses a handle."""

    async def refresh(self) -> "AsyncJob":
        """Asks the server how the job is now."""
        await self._transport.run(self.poll_steps(0.0))
        return self

    async def wait(
        self, timeout_s: float | None = None, on_progress: OnProgress | None = None, *, check: bool = True
    ) -> "AsyncJob":
        """Waits for the job's end as `Job.wait`; what `on_progress` returns is awaited where that can be."""
        await self._transport.run(self.wait_steps(Patience(timeout_s, on_progress), check=check))
        return self

    def events(self) -> AsyncGenerator[JobEvent, None]:
        """What happens to the job, as `Job.events` tells it: `async for event in job.events()`."""
        return self._transport.iterate(self.event_feed())

    async def download(self, to: str | os.PathLike[str] = ".", *, index: int = 0) -> Path:
        """Fetches an output into a file, as `Job.download`."""
        return await self._transport.run(self.download_steps(to, index))

    async def download_all(self, folder: str | os.PathLike[str] = ".", stem: str | None = None) -> list[Path]:
        """Fetches every output into a folder, as `Job.download_all`."""
        return await self._transport.run(self.download_all_steps(folder, stem))

    async def approve(self, note: str = "", *, index: int = 0) -> "AsyncJob":
        """Notes that a person takes output `index`, as `Job.approve`."""
        await self._transport.run(self.decide_steps(index, "approved", note))
        return self

    async def reject(self, note: str = "", *, index: int = 0) -> "AsyncJob":
        """Notes that a person does not take output `index`, and why, as `Job.reject`."""
        await self._transport.run(self.decide_steps(index, "rejected", note))
        return self

    async def undecide(self, *, index: int = 0) -> "AsyncJob":
        """Takes back what was decided of output `index`."""
        await self._transport.run(self.decide_steps(index, None, ""))
        return self

    async def cancel(self) -> "AsyncJob":
        """Stops the job, as `Job.cancel`."""
        await self._transport.run(self.cancel_steps())
        return self

    async def delete(self) -> None:
        """Erases the job and its pictures on the server, as `Job.delete`."""
        await self._transport.run(self.delete_steps())
