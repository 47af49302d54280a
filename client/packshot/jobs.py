"""A job as the client sees it: follow it, fetch its pictures, stop it, erase it."""

import hashlib
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from packshot.catalog.places import safe_name
from packshot.errors import DownloadDamaged, Forbidden, JobNotEnded, PackshotError, WaitTimedOut, ended_without_picture
from packshot.generation import Generation, generation_of
from packshot.models import Output, Progress
from packshot.problems import Problem, parse_problem
from packshot.reading import Document, as_document, take, take_optional
from packshot.retries import retried
from packshot.snippets import page_name, snippets_of
from packshot.transport import Transport, read_document

LONG_POLL_S = 20.0
MIN_POLL_INTERVAL_S = 0.2  # progress may change with every batch; a server that ignores `wait` answers at once
TERMINAL = frozenset({"succeeded", "failed", "canceled", "expired"})

OnProgress = Callable[[Progress], object]


def request_cancel(transport: Transport, job_id: str) -> None:
    """Asks the server to stop a job. Raises Conflict if it has ended, NotFound."""
    transport.send("POST", f"/v1/jobs/{job_id}/cancel")


def ended_or_canceled(job: "Job") -> "Job":
    """Waits for a job that nobody else knows of, so that Ctrl-C leaves none behind. Raises as `Job.wait` does."""
    try:
        return job.wait()
    except Exception:
        raise
    except BaseException:
        with suppress(PackshotError):
            job.cancel()
        raise


class Job:
    """A handle on one job; its properties tell what the server said last. Not thread-safe: one thread per handle."""

    def __init__(self, transport: Transport, document: Document, etag: str | None = None) -> None:
        self._transport = transport
        self._etag = etag
        self._polled = False  # a submit's answer has the state alone, also where the job has ended by then
        self._read(document)

    def _read(self, document: Document) -> None:
        self.id = take(document, "id", str)
        self.progress = Progress.parse(document)
        self.outputs = tuple(Output.parse(as_document(one)) for one in take_optional(document, "outputs", list) or [])
        problem = take_optional(document, "problem", dict)
        self.problem: Problem | None = None if problem is None else parse_problem(problem)
        self.document = document

    def __repr__(self) -> str:
        return f"<Job {self.id} {self.state} {self.progress.fraction:.0%}>"

    @property
    def state(self) -> str:
        """`queued`, `running`, `succeeded`, `failed`, `canceled` or `expired`."""
        return self.progress.state

    @property
    def ended(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in TERMINAL

    @property
    def manifest(self) -> Document | None:
        """What was done to the photo, by which models; None until the job succeeded.

        Listings have none: `refresh` fetches it.
        """
        return take_optional(self.document, "manifest", dict)

    @property
    def generation(self) -> Generation | None:
        """What `generate` or `variations` made of the wish; None for other jobs, and until the job succeeded."""
        return generation_of(self.manifest or {})

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to look at before the pictures are used, a sentence each.

        The operations' own doubts about their work, then where a picture's fidelity report is beyond its limits.
        """
        operations = take_optional(self.manifest or {}, "operations", list) or []
        doubts = tuple(
            f"{take(step, 'op', str)}: {text}"
            for step in map(as_document, operations)
            for text in take_optional(step, "warnings", list) or []
        )
        return (*doubts, *(reason for reason in self._review_reasons() if reason not in doubts))

    @property
    def needs_review(self) -> bool:
        """Whether a person should look at a picture first: the server measured or doubted something."""
        return bool(take_optional(self.document, "needs_review", bool))

    def _review_reasons(self) -> Iterator[str]:
        told = take_optional(self.manifest or {}, "review", dict) or {}
        for reason in map(as_document, take_optional(told, "reasons", list) or []):
            index, sentence = take_optional(reason, "output", int), take(reason, "sentence", str)
            names = [one.name or f"picture {one.index}" for one in self.outputs if one.index == index]
            yield f"{names[0]}: {sentence}" if names and len(self.outputs) > 1 else sentence

    def refresh(self) -> "Job":
        """Asks the server how the job is now."""
        return self._poll(wait_s=0.0, until_change=False)

    def wait(
        self, timeout_s: float | None = None, on_progress: OnProgress | None = None, *, check: bool = True
    ) -> "Job":
        """Waits for the job's end by long polls; `on_progress` is called with each change.

        Raises WaitTimedOut after `timeout_s` seconds (None: never), and JobFailed, JobCanceled or JobExpired if the
        job ended so and `check` is true.
        """
        policy = self._transport.policy
        started = policy.clock()
        while not (self.ended and self._polled):
            asked = policy.clock()
            left_s = LONG_POLL_S if timeout_s is None else started + timeout_s - asked
            if left_s <= 0:
                raise WaitTimedOut(f"job {self.id} is {self.state} after {timeout_s:g} s")
            before = self.progress
            self._poll(wait_s=min(LONG_POLL_S, left_s), until_change=on_progress is not None)
            if on_progress is not None and self.progress != before:
                on_progress(self.progress)
            if not self.ended:
                policy.sleep(max(0.0, MIN_POLL_INTERVAL_S - (policy.clock() - asked)))
        if check and self.state != "succeeded":
            raise ended_without_picture(self)
        return self

    def download(self, to: str | os.PathLike[str] = ".", *, index: int = 0) -> Path:
        """Fetches output `index` into the file `to`, or into the folder `to` as `<job id>-<index>.<format>`.

        One that was made for a channel is called `<job id>-amazon-main.jpg` and its like there.

        The file appears whole or not at all: bytes are checked against the output's SHA-256 first. Raises JobEnded
        for a job without a picture, JobNotEnded for one that has none yet, IndexError for an output it does not have.
        """
        target = Path(to)
        if target.is_dir():
            target = target / self._output(index).file_name(self.id)
        partial = target.with_name(f".{uuid.uuid4().hex}.part")  # short, however long the target's name
        try:
            with partial.open("wb") as file:
                self._fetch(index, file)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
        return target

    def download_all(self, folder: str | os.PathLike[str] = ".", stem: str | None = None) -> list[Path]:
        """Fetches every output into `folder`, which is made where it is missing, as `<stem>-<index>.<format>`.

        Those made for a channel are called `<stem>-amazon-main.jpg` and their like. `stem` is the job's id if not told
        otherwise; what a file's name may not have, such as the slash of a SKU, becomes a dash in it. Each file appears
        whole or not at all; those that were fetched before an error stay. Raises as `download` does.
        `snippets` are written beside them, as `<stem>-web-responsive.html`; they are not among the paths returned.
        """
        self._output(0)  # a job that has no picture says why, and leaves no folder
        target, stem = Path(folder), stem or self.id
        target.mkdir(parents=True, exist_ok=True)
        files = [self.download(target / output.file_name(stem), index=output.index) for output in self.outputs]
        for channel, snippet in self.snippets(stem).items():
            page = target / f"{safe_name(stem, 'job')}-{page_name(channel)}"
            hidden = page.with_name(f".{self.id}-{page.name}.part")
            hidden.write_text(snippet, encoding="utf-8")
            hidden.replace(page)
        return files

    def snippets(self, stem: str | None = None) -> dict[str, str]:
        """The HTML for pictures of several widths, by channel; to stand in a page beside what `download_all` writes.

        A `<picture>` for each picture of the job. Listings tell of none: `refresh` fetches them.
        """
        names = {output.name: output.file_name(stem or self.id) for output in self.outputs if output.name}
        return snippets_of(self.manifest or {}, names)

    def cancel(self) -> "Job":
        """Stops the job: at once if it is queued, soon if it is running. Raises Conflict if it has ended."""
        request_cancel(self._transport, self.id)
        return self.refresh()

    def delete(self) -> None:
        """Erases the job and its pictures on the server; a running one is stopped first."""
        self._transport.send("DELETE", f"/v1/jobs/{self.id}")

    def _poll(self, *, wait_s: float, until_change: bool) -> "Job":
        """One question. The ETag makes the server hold its answer until anything changed, instead of until the end."""
        if until_change and self._etag is None:
            wait_s = 0.0  # nothing seen yet to tell a change from
        answer = self._transport.send(
            "GET",
            f"/v1/jobs/{self.id}",
            params={"wait": int(wait_s)} if wait_s >= 1 else None,
            headers={"If-None-Match": self._etag} if until_change and self._etag else None,
            read_timeout_s=wait_s + 15.0,
        )
        if answer.status_code != 304:
            self._read(read_document(answer))
            self._etag = answer.headers.get("ETag")
        self._polled = True
        return self

    def _output(self, index: int) -> Output:
        if not self.outputs:
            self.refresh()
        if self.ended and self.state != "succeeded":
            raise ended_without_picture(self)
        if not self.ended:
            raise JobNotEnded(
                f"job {self.id} is {self.state}: it has pictures once it has ended, so wait() for it first"
            )
        for output in self.outputs:
            if output.index == index:
                return output
        raise IndexError(f"job {self.id} ({self.state}) has no output {index}; it has {len(self.outputs)}")

    def _fetch(self, index: int, file: Any) -> None:
        """Streams one output into `file`, starting over when the connection breaks or the bytes are not right."""

        def attempt() -> None:
            output = self._output(index)
            file.seek(0)
            file.truncate()
            digest = hashlib.sha256()
            with self._transport.stream(output.url) as answer:
                for chunk in answer.iter_bytes():
                    digest.update(chunk)
                    file.write(chunk)
            if digest.hexdigest() != output.sha256:
                raise DownloadDamaged(
                    f"output {index} of job {self.id} has SHA-256 {digest.hexdigest()}; expected {output.sha256}"
                )

        policy = self._transport.policy
        try:
            retried(attempt, policy)
        except Forbidden:  # signed links live for minutes; the job's document has fresh ones
            self.refresh()
            retried(attempt, policy)
