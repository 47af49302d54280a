"""A job as the client sees it: follow it, fetch its pictures, judge them, stop it, erase it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from packshot.flows.job_record import JobRecord
from packshot.flows.polling import Patience
from packshot.job_events import JobEvent
from packshot.models import Progress
from packshot.transport import Transport

OnProgress = Callable[[Progress], object]


class Job(JobRecord[Transport]):
    """A handle on one job; its properties tell what the server said last. Not thread-safe: one thread per handle."""

    def refresh(self) -> "Job":
        """Asks the server how the job is now."""
        self._transport.run(self.poll_steps(0.0))
        return self

    def wait(
        self, timeout_s: float | None = None, on_progress: OnProgress | None = None, *, check: bool = True
    ) -> "Job":
        """Waits for the job's end by long polls; `on_progress` is called with each change.

        Raises WaitTimedOut after `timeout_s` seconds (None: never), and JobFailed, JobCanceled or JobExpired if the
        job ended so and `check` is true.
        """
        self._transport.run(self.wait_steps(Patience(timeout_s, on_progress), check=check))
        return self

    def events(self) -> Iterator[JobEvent]:
        """What happens to the job, as it happens: first how it is now, last its end.

        A lost connection is taken up again where it broke. The handle follows: its state, progress and problem are
        those of the event, and with the last one it knows all of the job's end, pictures included.
        Raises NotFound, Gone, and ServerUnreachable once the policy's patience is over.
        """
        return self._transport.iterate(self.event_feed())

    def download(self, to: str | os.PathLike[str] = ".", *, index: int = 0) -> Path:
        """Fetches output `index` into the file `to`, or into the folder `to` as `<stem>-<index>.<format>`.

        The stem is the external id made safe, else the job's id; one that was made for a channel is called
        `<stem>-amazon-main.jpg` and its like there. A file of that name is replaced.

        The file appears whole or not at all: bytes are checked against the output's SHA-256 first. Raises JobEnded
        for a job without a picture, JobNotEnded for one that has none yet, IndexError for an output it does not have.
        """
        return self._transport.run(self.download_steps(to, index))

    def download_all(self, folder: str | os.PathLike[str] = ".", stem: str | None = None) -> list[Path]:
        """Fetches every output into `folder`, which is made where it is missing, as `<stem>-<index>.<format>`.

        Those made for a channel are called `<stem>-amazon-main.jpg` and their like. `stem` is the external id, else
        the job's id, if not told otherwise; what a file's name may not have, such as a SKU's slash, becomes a dash in
        it. Each file appears whole or not at all; those that were fetched before an error stay. Raises as `download`
        does.
        `snippets` are written beside them, as `<stem>-web-responsive.html`; they are not among the paths returned.
        """
        return self._transport.run(self.download_all_steps(folder, stem))

    def approve(self, note: str = "", *, index: int = 0) -> "Job":
        """Notes that a person takes output `index`: see its `decision`. Raises NotFound for one that is not there."""
        self._transport.run(self.decide_steps(index, "approved", note))
        return self

    def reject(self, note: str = "", *, index: int = 0) -> "Job":
        """Notes that a person does not take output `index`, and why. Raises as `approve` does."""
        self._transport.run(self.decide_steps(index, "rejected", note))
        return self

    def undecide(self, *, index: int = 0) -> "Job":
        """Takes back what was decided of output `index`."""
        self._transport.run(self.decide_steps(index, None, ""))
        return self

    def cancel(self) -> "Job":
        """Stops the job: at once if it is queued, soon if it is running. Raises Conflict if it has ended otherwise."""
        self._transport.run(self.cancel_steps())
        return self

    def delete(self) -> None:
        """Erases the job and its pictures on the server; a running one is stopped first."""
        self._transport.run(self.delete_steps())


def ended_or_canceled(job: Job) -> Job:
    """Waits for a job that nobody else knows of, so that Ctrl-C leaves none behind. Raises as `Job.wait` does."""
    job._transport.run(job.wait_or_cancel_steps())
    return job
