"""The way into the SDK: one Client per server and key."""

import os
import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Unpack

from packshot.batch_models import CatalogCheck
from packshot.batches import Batch
from packshot.catalog.asking import Catalog, CatalogFields, Row, check_rows, start_batch
from packshot.catalog.sending import look_at, made_up_id, refuse, send
from packshot.checks import ChannelCheck, checks_of
from packshot.connection import Connection
from packshot.errors import InvalidRequest
from packshot.jobs import Job, ended_or_canceled, request_cancel
from packshot.models import Upload
from packshot.operation_text import Operation, as_operations, with_uploads
from packshot.problems import Problem
from packshot.reading import Document, as_document, take, take_optional
from packshot.replaying import Replay, replay
from packshot.transport import read_document
from packshot.wishes import GenerateFields, Photo, VariationFields, as_file, as_files, not_finite, parted


class Client(Connection):
    """A server and a key. Thread-safe; close it, or use it in a `with`.

    `base_url` and `api_key` default to PACKSHOT_URL and PACKSHOT_API_KEY, then to the stack that `packshot up` runs
    on this machine. Raises ServerNotFound where there is neither.
    """

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
        `operations`: names with parameters (`"upscale:factor=2"`) or mappings (`{"op": "upscale", "factor": 2}`).
        A parameter that is a path or bytes (`{"op": "inpaint", "mask": Path("tag.png")}`), or `@` and a path in text,
        is uploaded like the photo.
        `output`: such as `{"format": "webp", "quality": 90}`. `more`: other fields of the spec, such as `priority`,
        `deadline_s`, `external_id`, `metadata`. Retries carry one Idempotency-Key, so they never start a second job.
        Raises InvalidRequest, InvalidPhoto, RateLimited, Unavailable, Unauthorized, ServerUnreachable.
        """
        asked = as_operations(operations)
        spec = dict(more) if output is None else {**more, "output": dict(output)}
        if faults := tuple(not_finite({"operations": asked, **spec})):
            raise InvalidRequest(Problem("about:blank", "A number is not finite", errors=faults))
        key = idempotency_key or str(uuid.uuid4())

        def attempt() -> Job:
            upload = photo if isinstance(photo, Upload | None) else self.upload(photo)
            sent = [with_uploads(operation, lambda file: self.upload(file).id) for operation in asked]
            begun = {} if upload is None else {"input": {"upload": upload.id}}
            return self._submit({**begun, "operations": sent, **spec}, key)

        ours = not isinstance(photo, Upload)
        return self._sent_again_if(lambda error: _says_upload_is_gone(error, ours=ours), attempt)

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
        fields, spec = parted(asked)
        wish: dict[str, Any] = {"op": "generate", **fields}
        if text is not None:
            wish["text"] = text
        if liked := as_files("like", like):
            wish["like"] = liked
        return self.submit(None, [wish, *as_operations(then)], **spec)

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
        fields, spec = parted(asked)
        wanted: dict[str, Any] = {"op": "variations", **fields}
        if towards is not None:
            wanted["towards"] = as_file(towards)
        return self.submit(photo, [wanted, *as_operations(then)], **spec)

    def replay(self, manifest: Document, photo: str | os.PathLike[str] | bytes | None = None) -> Replay:
        """Does the job of a manifest again, with the same seed, waits for it, and holds every file against what it was.

        `photo` is needed only where the server has it no more. `replay.identical` tells whether all bytes are the same,
        `replay.reasons` what else is different. Raises UnusableManifest, PhotoNeeded, and what `submit` and `wait` do.
        """
        return replay(self, manifest, [] if photo is None else [photo])

    def resubmit(self, spec: Mapping[str, Any]) -> Job:
        """Starts a job by a whole spec, as a manifest has it, whose uploads are on the server. Raises as `submit`."""
        if faults := tuple(not_finite(spec)):
            raise InvalidRequest(Problem("about:blank", "A number is not finite", errors=faults))
        return self._submit(spec, str(uuid.uuid4()))

    def job(self, job_id: str) -> Job:
        """The job of that id. Raises NotFound, or Gone for one that was erased."""
        return Job(self._transport, {"id": job_id, "state": "queued"}).refresh()

    def jobs(self, *, state: str | None = None, external_id: str | None = None) -> Iterator[Job]:
        """All jobs of this key's owner, newest first, asking for the next page when it is needed."""
        asked = {"state": state, "external_id": external_id}
        params = {name: value for name, value in asked.items() if value is not None}
        while True:
            page = read_document(self._transport.send("GET", "/v1/jobs", params=params))
            for document in take(page, "items", list):
                yield Job(self._transport, as_document(document))
            cursor = take_optional(page, "cursor", str)
            if cursor is None:
                return
            params["cursor"] = cursor

    def cancel(self, job_id: str) -> None:
        """Stops a job by its id, from any thread. Raises Conflict if it has ended, NotFound."""
        request_cancel(self._transport, job_id)

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
        wanted = Catalog(list(rows), **shared)
        key = idempotency_key or str(uuid.uuid4())
        looked = look_at(wanted)
        refuse([fault for fault in looked.faults(wanted) if not (skip_invalid and fault.row)])

        def attempt() -> Batch:
            sent = send(looked, lambda file: self.upload(file).id)
            refuse([fault for fault in sent.faults(wanted) if not (skip_invalid and fault.row)])
            return start_batch(self._transport, wanted.body(sent.id_of), key, skip_invalid=skip_invalid)

        return self._sent_again_if(_says_a_row_lacks_its_upload, attempt)

    def check_catalog(self, rows: Iterable[Row], **shared: Unpack[CatalogFields]) -> CatalogCheck:
        """What the server would say of the rows, and how long they would take. Nothing is sent or started.

        That a photo here was not sent yet is no fault; one that is not there, or is no photo, is its row's. For `rows`
        and the rest see `catalog`.
        """
        wanted = Catalog(list(rows), **shared)
        looked = look_at(wanted)
        faults = looked.faults(wanted)
        refuse([fault for fault in faults if not fault.row])
        ids = {**looked.ids, **{file: made_up_id(file) for file in looked.wrong}}
        check = check_rows(self._transport, wanted.body(ids.__getitem__))
        return check.without_unsent(set(ids.values())).with_faults(faults)

    def batch(self, batch_id: str) -> Batch:
        """The batch of that id. Raises NotFound, or Gone."""
        return Batch(self._transport, {"id": batch_id, "state": "running"}).refresh()

    def operations(self) -> Document:
        """What can be asked: the JSON Schema of each operation, by its name."""
        return read_document(self._transport.send("GET", "/v1/operations"))

    def presets(self) -> Document:
        """The sales channels that pictures can be made for, by name: their rules, where from, how files are made."""
        return take(read_document(self._transport.send("GET", "/v1/presets")), "presets", dict)

    def check(self, photo: Photo, presets: Iterable[str]) -> Mapping[str, ChannelCheck]:
        """Grades a photo as it is for channels, such as `["amazon-main", "etsy"]`; waits for the answer, by channel.

        Nothing is made of the photo. Ctrl-C cancels the job. Raises what `submit` and `Job.wait` raise.
        """
        if isinstance(presets, str):
            raise TypeError("presets is a single str; expected a list, such as ['amazon-main']")
        job = self.submit(photo, [], renditions=list(presets), check=True)
        return checks_of(ended_or_canceled(job).manifest)

    def models(self) -> Document:
        """What answers: the `models` of living workers by name, with what the `generator` knows; their `backends`."""
        return read_document(self._transport.send("GET", "/v1/models"))

    def _submit(self, spec: Mapping[str, Any], key: str) -> Job:
        answer = self._transport.send("POST", "/v1/jobs", json=spec, headers={"Idempotency-Key": key})
        return Job(self._transport, read_document(answer))


def _says_upload_is_gone(error: InvalidRequest, *, ours: bool) -> bool:
    """Whether the photo (if it is `ours` to send again) or a picture of an operation is not on the server any more."""
    return any(
        (ours and field.pointer == "/input/upload")
        or (field.pointer.startswith("/operations/") and "no upload" in field.detail)
        for field in error.problem.errors
    )


def _says_a_row_lacks_its_upload(error: InvalidRequest) -> bool:
    return any("no upload" in field.detail for field in error.problem.errors)
