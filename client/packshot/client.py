"""The way into the SDK: one Client per server and key."""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, Unpack

import httpx

from packshot.batch_models import CatalogCheck
from packshot.batches import Batch
from packshot.catalog.asking import CatalogFields, Row
from packshot.checks import ChannelCheck, checks_of
from packshot.flows import asking
from packshot.flows.asking import JobFilter
from packshot.flows.cataloguing import Cataloguing
from packshot.flows.submitting import Asked, Submitting
from packshot.job_events import JobEvent
from packshot.jobs import Job, ended_or_canceled
from packshot.locating import locate
from packshot.models import Upload
from packshot.operation_text import Operation
from packshot.privacy import PrivacyCalls
from packshot.reading import Document
from packshot.replaying import Replay, replay
from packshot.retries import RetryPolicy
from packshot.server_calls import ServerCalls
from packshot.transport import Transport
from packshot.validation import Validation
from packshot.wishes import GenerateFields, JobLike, Photo, VariationFields


class Client(Submitting[Transport], Cataloguing[Transport], ServerCalls, PrivacyCalls):
    """A server and a key. Thread-safe; close it, or use it in a `with`.

    `base_url` and `api_key` default to PACKSHOT_URL and PACKSHOT_API_KEY, then to the stack that `packshot up` runs
    on this machine. Raises ServerNotFound where there is neither.
    """

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        *,
        retries: RetryPolicy | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        super().__init__(Transport(locate(base_url, api_key), retries or RetryPolicy(), http=transport))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections; jobs already submitted go on."""
        self._transport.close()

    def upload(self, photo: str | os.PathLike[str] | bytes) -> Upload:
        """Sends a photo, given as a path or as its bytes; a client knows what it sent, and does not send it again.

        A large one is not sent either where the server has it already, whoever of this key's owner sent it. Where the
        server has dropped it meanwhile, a submit sends it anew; an Upload by itself keeps for a day.
        Raises InvalidPhoto for what is no photo, InvalidRequest for one that is too large, OSError for an
        unreadable file.
        """
        return self._transport.run(self.upload_steps(photo))

    def submit(
        self,
        photo: Photo | None,
        operations: Iterable[Operation],
        *,
        output: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
        **more: Any,
    ) -> Job:
        """Starts a job on a photo (path, bytes, or an Upload) and returns at once; `wait` for it.

        None as photo is for jobs that need none, whose first operation is `generate`.
        `operations`: names with parameters (`"upscale:factor=2"`) or mappings (`{"op": "upscale", "factor": 2}`), or
        "auto" for what the photo needs.
        A parameter that is a path or bytes (`{"op": "inpaint", "mask": Path("tag.png")}`), or `@` and a path in text,
        is uploaded like the photo.
        `output`: such as `{"format": "webp", "quality": 90}`. `more`: other fields of the spec, such as `priority`,
        `deadline_s`, `external_id`, `metadata`, `webhook`, and `parent` (a job, or a job and an output's index, that
        this one is made from). Retries carry one Idempotency-Key, so they never start a second job.
        Raises InvalidRequest, InvalidPhoto, RateLimited, Unavailable, Unauthorized, ServerUnreachable.
        """
        return self._job(Asked.of(photo, operations, output=output, idempotency_key=idempotency_key, **more))

    def validate(
        self,
        photo: Photo | None,
        operations: Iterable[Operation],
        *,
        output: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> Validation:
        """What `submit` would start, and how long it would take; the photo is sent, but no job is made.

        Raises what `submit` raises.
        """
        return self._transport.run(self.validate_steps(Asked.of(photo, operations, output=output, **more)))

    def generate(
        self,
        text: str | None = None,
        *,
        like: Iterable[Photo] = (),
        then: Iterable[Operation] = (),
        **asked: Unpack[GenerateFields],
    ) -> Job:
        """Starts a job that makes new product pictures on white, best first, and returns at once.

        `text`: what they are to show, in English or Chinese. Where it is empty, or nothing in it is followed, the
        pictures show anything: see `job.generation.nothing_followed` and `category_open`.
        `category`, `colors`, `pattern` and `aspect` win over it.
        `like`: pictures that they are to be like. `then`: operations that each picture goes through. A spec's fields,
        such as `seed` and `output`, may stand beside. `job.generation` tells what was understood; `job.download_all`
        fetches the pictures. Raises what `submit` raises.
        """
        return self._job(Asked.generation(text, like, then, asked))

    def variations(
        self,
        photo: Photo,
        *,
        towards: Photo | None = None,
        then: Iterable[Operation] = (),
        **asked: Unpack[VariationFields],
    ) -> Job:
        """Starts a job that makes pictures of products like the photo's, best first, and returns at once.

        `strength` 0 shows the photo as the generator sees it; 1 keeps its category, colours, pattern and aspect alone.
        `towards`: a second photo; the pictures lie on the way between both, without either. For the rest see
        `generate`; operations that the photo needs first are written out, with `submit`.
        """
        return self._job(Asked.variations(photo, towards, then, asked))

    def replay(self, manifest: Document, photo: str | os.PathLike[str] | bytes | None = None) -> Replay[Job]:
        """Does the job of a manifest again, with the same seed, waits for it, and holds every file against what it was.

        `photo` is needed only where the server has it no more. `replay.identical` tells whether all bytes are the same,
        `replay.reasons` what else is different. Raises UnusableManifest, PhotoNeeded, and what `submit` and `wait` do.
        """
        return replay(self, manifest, [] if photo is None else [photo])

    def resubmit(self, spec: Mapping[str, Any]) -> Job:
        """Starts a job by a whole spec, as a manifest has it, whose uploads are on the server. Raises as `submit`."""
        return Job(self._transport, self._transport.run(self.resubmit_steps(spec)))

    def check(self, photo: Photo, presets: Iterable[str]) -> Mapping[str, ChannelCheck]:
        """Grades a photo as it is for channels, such as `["amazon-main", "etsy"]`; waits for the answer, by channel.

        Nothing is made of the photo. Ctrl-C cancels the job. Raises what `submit` and `Job.wait` raise.
        """
        return checks_of(ended_or_canceled(self._job(Asked.grading(photo, presets))).manifest)

    def job(self, job_id: str) -> Job:
        """The job of that id. Raises NotFound, or Gone for one that was erased."""
        return Job(self._transport, {"id": job_id, "state": "queued"}).refresh()

    def jobs(self, **asked: Unpack[JobFilter]) -> Iterator[Job]:
        """All jobs of this key's owner, newest first, asking for the next page when it is needed.

        `state`, `external_id`, `created_after`, `created_before`, `parent`, `metadata` and `needs_review` leave out
        all others.
        """
        listing = asking.job_listing("/v1/jobs", asked)
        return self._transport.iterate(self._transport.pages(listing, lambda told: Job(self._transport, told)))

    def events(self, *, after: str = "") -> Iterator[JobEvent]:
        """What happens to all jobs of this key's owner, as it happens, without end; first comes `ready`.

        A lost connection is taken up again where it broke; so is an earlier loop with the `id` of its last event as
        `after`. After an event `reset` too much was missed: list the jobs.
        """
        return self._transport.iterate(asking.all_events(self._transport, after))

    def cancel(self, job_id: str) -> None:
        """Stops a job by its id, from any thread. Raises Conflict if it has ended otherwise, NotFound."""
        self._transport.run(asking.canceled(self._transport, job_id))

    def archive(self, jobs: Iterable[JobLike], to: str | os.PathLike[str], *, verdict: str | None = None) -> Path:
        """The pictures of ended jobs (at most 500) as one ZIP, into a file that is whole or not there.

        `verdict="approved"` takes those alone that a person approved. Raises ValueError for no job or too many,
        NotFound and Gone for one that is not there, Conflict for one that has not ended, and where no picture is left.
        """
        return self._transport.run(asking.archived(self._transport, jobs, to, verdict))

    def catalog(
        self,
        rows: Iterable[Row],
        *,
        skip_invalid: bool = False,
        idempotency_key: str | None = None,
        **shared: Unpack[CatalogFields],
    ) -> Batch:
        """Sends the photos of all rows, each content once, starts one batch of jobs, and returns; `wait` for it.

        A row is a mapping: `sku`; one of `photo` (a path, bytes, or an Upload), `upload` (an id) and `url`; and what is
        asked for it alone: `preset` (names of channels), `operations`, `color`, other fields of a spec. `preset`,
        `operations` and `defaults` (fields of a spec) are for rows that do not say. With `skip_invalid`, rows at fault,
        also those whose photo is not there, fail at once; else InvalidRequest tells all of them, and of photos that
        cannot be read before any is sent. Raises what `submit` raises, ValueError for a row that no server would take.
        """
        steps = self.catalog_steps(rows, shared, skip_invalid=skip_invalid, idempotency_key=idempotency_key)
        return Batch(self._transport, self._transport.run(steps))

    def check_catalog(self, rows: Iterable[Row], **shared: Unpack[CatalogFields]) -> CatalogCheck:
        """What the server would say of the rows, and how long they would take. Nothing is sent or started.

        That a photo here was not sent yet is no fault; one that is not there, or is no photo, is its row's. For `rows`
        and the rest see `catalog`.
        """
        return self._transport.run(self.check_catalog_steps(rows, shared))

    def batch(self, batch_id: str) -> Batch:
        """The batch of that id. Raises NotFound, or Gone."""
        return Batch(self._transport, {"id": batch_id, "state": "running"}).refresh()

    def batches(self) -> Iterator[Batch]:
        """All batches of this key's owner, newest first."""
        pages = self._transport.pages(asking.BATCHES, lambda told: Batch(self._transport, told))
        return self._transport.iterate(pages)

    def _job(self, asked: Asked) -> Job:
        return Job(self._transport, self._transport.run(self.submit_steps(asked)))
