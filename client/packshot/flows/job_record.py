"""A job as the server told of it last, and what can be done with it as steps; `Job` and `AsyncJob` perform these."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Generic, TypeVar

from packshot.catalog.places import safe_name
from packshot.errors import (
    DownloadDamaged,
    Forbidden,
    Gone,
    JobNotEnded,
    NotFound,
    PackshotError,
)
from packshot.flows.asking import canceled
from packshot.flows.downloads import fetched
from packshot.flows.erasing import erased
from packshot.flows.event_stream import events, noted_first
from packshot.flows.manifest_told import ToldByManifest
from packshot.flows.polling import LONG_POLL_S, Patience, waited
from packshot.flows.steps import Feed, Request, Steps
from packshot.job_events import ERASED, JOB_ENDED, JobEvent
from packshot.models import Output, Progress
from packshot.problems import Problem, parse_problem
from packshot.reading import Document, as_document, take, take_optional
from packshot.refusals import ended_without_picture
from packshot.snippets import page_name, snippets_of
from packshot.wire import Wire, read_document

WireT = TypeVar("WireT", bound=Wire)


class JobRecord(ToldByManifest, Generic[WireT]):
    """What `Job` and `AsyncJob` share: all that is known of a job, without asking."""

    def __init__(self, transport: WireT, document: Document, etag: str | None = None) -> None:
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
        return f"<{type(self).__name__} {self.id} {self.state} {self.progress.fraction:.0%}>"

    def __str__(self) -> str:
        return f"job {self.id} is {self.state}"

    @property
    def state(self) -> str:
        """`queued`, `running`, `succeeded`, `failed`, `canceled` or `expired`."""
        return self.progress.state

    @property
    def ended(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in JOB_ENDED

    @property
    def over(self) -> bool:
        """Whether it has ended, and all of it is known."""
        return self.ended and self._polled

    @property
    def told(self) -> Progress:
        """What a listener of `wait` is told."""
        return self.progress

    @property
    def external_id(self) -> str | None:
        """The caller's own id of the job."""
        return take_optional(self._spec, "external_id", str)

    @property
    def file_stem(self) -> str:
        """What its files are called after if nobody says otherwise: its external id made safe, else its own id."""
        return safe_name(self.external_id or "", self.id)

    @property
    def metadata(self) -> Document:
        """What the caller noted down with the job."""
        return take_optional(self._spec, "metadata", dict) or {}

    @property
    def parent(self) -> tuple[str, int | None] | None:
        """The id of the job that this one was made from, and which of its outputs: None for the job as a whole."""
        told = take_optional(self._spec, "parent", dict)
        return None if told is None else (take(told, "job", str), take_optional(told, "output", int))

    def snippets(self, stem: str | None = None) -> dict[str, str]:
        """The HTML for pictures of several widths, by channel; to stand in a page beside what `download_all` writes.

        A `<picture>` for each picture of the job. Listings tell of none: `refresh` fetches them.
        """
        names = {output.name: output.file_name(stem or self.file_stem) for output in self.outputs if output.name}
        return snippets_of(self.manifest or {}, names)

    @property
    def _spec(self) -> Document:
        return take_optional(self.document, "spec", dict) or {}

    def poll_steps(self, wait_s: float = LONG_POLL_S, *, until_change: bool = False) -> Steps[None]:
        """One question. The ETag makes the server hold its answer until anything changed, instead of until the end."""
        if until_change and self._etag is None:
            wait_s = 0.0  # nothing seen yet to tell a change from
        answer = yield from self._transport.sent(
            Request(
                "GET",
                f"/v1/jobs/{self.id}",
                params={"wait": int(wait_s)} if wait_s >= 1 else None,
                headers={"If-None-Match": self._etag} if until_change and self._etag else None,
                read_timeout_s=wait_s + 15.0,
            )
        )
        if answer.status_code != 304:
            self._read(read_document(answer))
            self._etag = answer.headers.get("ETag")
        self._polled = True

    def wait_steps(self, patience: Patience, *, check: bool) -> Steps[None]:
        """Until the job has ended; where it did so without a picture, and `check` is true, that is an error."""
        yield from waited(self._transport, self, patience)
        if check and self.state != "succeeded":
            raise ended_without_picture(self)

    def wait_or_cancel_steps(self) -> Steps[None]:
        """Waits for a job that nobody else knows of, so that Ctrl-C, or a task's cancellation, leaves none behind."""
        try:
            yield from self.wait_steps(Patience(), check=True)
        except (Exception, GeneratorExit):
            raise
        except BaseException:
            with suppress(PackshotError):
                yield from self.cancel_steps()
            raise

    def event_feed(self) -> Feed[JobEvent]:
        """What happens to the job, from how it is now to its end; the record knows of each before it is told."""
        path = f"/v1/jobs/{self.id}/events"
        return noted_first(events(self._transport, path, JobEvent.of, lambda event: event.ended), self._noted_steps)

    def _noted_steps(self, event: JobEvent) -> Steps[None]:
        if event.state in JOB_ENDED:
            with suppress(NotFound, Gone):  # erased right after its end, which is told all the same
                yield from self.poll_steps(0.0)  # an event has neither pictures nor manifest
                return
        if event.state != ERASED:
            self._read(event.onto(self.document))

    def cancel_steps(self) -> Steps[None]:
        """Stops the job, and asks how it is then. One that was canceled already, perhaps by this call, is no error."""
        yield from canceled(self._transport, self.id)
        yield from self.poll_steps(0.0)

    def delete_steps(self) -> Steps[None]:
        """Erases it."""
        yield from erased(self._transport, f"/v1/jobs/{self.id}")

    def decide_steps(self, index: int, verdict: str | None, note: str) -> Steps[None]:
        """Notes what a person thinks of an output (None takes it back); the record has it too then."""
        body = {"verdict": verdict, "note": note}
        path = f"/v1/jobs/{self.id}/outputs/{index}/decision"
        output = Output.parse((yield from self._transport.document(Request("POST", path, json=body))))
        self.outputs = tuple(output if one.index == output.index else one for one in self.outputs)

    def download_steps(self, to: str | os.PathLike[str], index: int) -> Steps[Path]:
        """One output as a file: `to`, or within the folder `to`."""
        target = Path(to)
        output = yield from self._output(index)
        if target.is_dir():
            target = target / output.file_name(self.file_stem)
        try:
            return (yield from self._fetched(index, target))
        except Forbidden:  # signed links live for minutes; the job's document has fresh ones
            yield from self.poll_steps(0.0)
            return (yield from self._fetched(index, target))

    def download_all_steps(self, folder: str | os.PathLike[str], stem: str | None) -> Steps[list[Path]]:
        """Every output within `folder`, with the HTML of those in several widths."""
        yield from self._output(0)  # a job that has no picture says why, and leaves no folder
        target, stem = Path(folder), stem or self.file_stem
        target.mkdir(parents=True, exist_ok=True)
        files: list[Path] = []
        for output in self.outputs:
            files.append((yield from self.download_steps(target / output.file_name(stem), output.index)))
        for channel, snippet in self.snippets(stem).items():
            page = target / f"{safe_name(stem, 'job')}-{page_name(channel)}"
            hidden = page.with_name(f".{self.id}-{page.name}.part")
            hidden.write_text(snippet, encoding="utf-8")
            hidden.replace(page)
        return files

    def _output(self, index: int) -> Steps[Output]:
        if not self.outputs:
            yield from self.poll_steps(0.0)
        return self._known(index)

    def _known(self, index: int) -> Output:
        if self.ended and self.state != "succeeded":
            raise ended_without_picture(self)
        if not self.ended:
            raise JobNotEnded(f"{self}: it has pictures once it has ended, so wait() for it first")
        for output in self.outputs:
            if output.index == index:
                return output
        raise IndexError(f"job {self.id} ({self.state}) has no output {index}; it has {len(self.outputs)}")

    def _fetched(self, index: int, target: Path) -> Steps[Path]:
        def intact(sha256: str) -> None:
            wanted = self._known(index).sha256
            if sha256 != wanted:
                told = f"output {index} of job {self.id} came damaged: its SHA-256 is {sha256}; expected {wanted}"
                raise DownloadDamaged(f"{told}; nothing was written")

        return fetched(self._transport, lambda: Request("GET", self._known(index).url), target, intact)
