"""A catalogue as the client sees it: one batch of many rows on the server. Follow it, pause it, fetch what it made."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from packshot.batch_models import BatchCounts, BatchItem
from packshot.flows.batch_record import MIN_POLL_INTERVAL_S, BatchRecord
from packshot.flows.polling import LONG_POLL_S, Patience
from packshot.job_events import BatchEvent
from packshot.jobs import Job
from packshot.transport import Transport

OnBatchProgress = Callable[[BatchCounts], object]


class Batch(BatchRecord[Transport]):
    """A handle on one batch; its properties tell what the server said last. Not thread-safe: one thread per handle."""

    def refresh(self) -> "Batch":
        """Asks the server how the batch is now."""
        return self.poll(0.0)

    def poll(self, wait_s: float = LONG_POLL_S) -> "Batch":
        """One question; with `wait_s` the server holds its answer until anything has changed, at most so long."""
        self._transport.run(self.poll_steps(wait_s))
        return self

    def wait(self, timeout_s: float | None = None, on_progress: OnBatchProgress | None = None) -> "Batch":
        """Waits until no row is left to do, also through a pause; `on_progress` is called with each change of counts.

        Rows may have failed all the same: see `counts.failed`. Raises WaitTimedOut after `timeout_s` seconds.
        """
        self._transport.run(self.wait_steps(Patience(timeout_s, on_progress, MIN_POLL_INTERVAL_S)))
        return self

    def events(self) -> Iterator[BatchEvent]:
        """What happens to the batch, as it happens: first how it is now, last its end. See `Job.events`."""
        return self._transport.iterate(self.event_feed())

    def items(self, state: str | None = None) -> Iterator[BatchItem]:
        """Its rows in their order, or those in one state, asking for the next page when it is needed."""
        return self._transport.iterate(self.item_feed(state))

    def job(self, item: BatchItem) -> Job:
        """The job of a row, with its pictures and its manifest. Raises NotFound, Gone, or ValueError without one."""
        return Job(self._transport, self._transport.run(self.job_steps(item)))

    def pause(self) -> "Batch":
        """Starts no further row; those under way are finished. Nothing happens to one that has ended or is paused."""
        self._transport.run(self.pause_steps())
        return self

    def resume(self) -> "Batch":
        """Goes on after a pause."""
        self._transport.run(self.resume_steps())
        return self

    def cancel(self) -> "Batch":
        """Ends it: what waits or runs is canceled, pictures that were made stay. One that has ended stays as it is."""
        self._transport.run(self.cancel_steps())
        return self

    def retry_failed(self) -> "Batch":
        """Does the failed rows again, and only these. Raises Conflict where the server cannot."""
        self._transport.run(self.retry_steps())
        return self

    def results_csv(self, path: str | os.PathLike[str]) -> Path:
        """The result manifest as CSV, a line for each picture or failed row, into a file that is whole or not there."""
        return self._transport.run(self.fetch_steps("results?format=csv", Path(path)))

    def results_jsonl(self, path: str | os.PathLike[str]) -> Path:
        """The result manifest as JSON lines."""
        return self._transport.run(self.fetch_steps("results?format=jsonl", Path(path)))

    def download_archive(self, path: str | os.PathLike[str]) -> Path:
        """All pictures so far as a ZIP, into a file that is whole or not there."""
        return self._transport.run(self.fetch_steps("archive", Path(path)))
