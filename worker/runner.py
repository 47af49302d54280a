"""One job's way through the worker: fetch, decode, operate, encode, store. Refuses to know what a failure means.

Every step raises: ProblemError for what the client must hear, and the errors of the rooms it touches; `tasks` decides
which of them earn another attempt.
"""

import logging
import time
from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import redis.exceptions

from engine.editions import Edition
from jobs.metrics.families import DECODE, ENCODE
from jobs.records import Claim, OutputRecord
from jobs.spec import OutputSpec
from jobs.spec.review import Review
from jobs.tracing import Span
from worker.channel_work import ChannelWork
from worker.checking import UploadedPhoto, check
from worker.encoding import Encoded, encode
from worker.fidelity import Fidelity
from worker.heartbeats import beat
from worker.leases import Lease
from worker.manifest import Notes, manifest, milliseconds_since
from worker.operations import MAKERS, OPERATIONS, OperationContext
from worker.picture import Picture
from worker.plan import NO_PICTURE, Plan, check_next, most_held_px
from worker.progress import Progress, Shown
from worker.provenance import source_type
from worker.results import File
from worker.spans import name_file
from worker.tickets import Tickets
from worker.uploads import Uploads
from worker.workshop import Workshop

log = logging.getLogger(__name__)


class Run:
    """One attempt at one job, in the thread that claimed it."""

    def __init__(self, workshop: Workshop, lease: Lease) -> None:
        self._workshop = workshop
        self._tracing = workshop.tracing
        self._lease = lease
        self._edition: Edition | None = None
        self._claim: Claim = lease.claim
        self._notes = Notes()
        self._channels = ChannelWork({})
        self._fidelity = Fidelity(None)
        self._tickets = Tickets.of(workshop, lease)

    def result(self) -> tuple[list[OutputRecord], dict[str, Any]]:
        """Take the job all the way to stored blobs; returns their records and the manifest.

        Of each model it uses one version throughout.
        """
        self._lease.check()
        with closing(self._workshop.models.edition_for(self._claim)) as edition:
            self._edition = edition
            return self._result()

    def _result(self) -> tuple[list[OutputRecord], dict[str, Any]]:
        self._channels = ChannelWork.of(self._claim.spec, self._workshop.presets)
        self._notes.presets = self._channels.presets
        uploads = Uploads(self._workshop, self._claim)
        if uploads.must_fetch:
            with self._step("fetch"):
                uploads.fetch_photo(self._lease.check)
        self._notes.photo = uploads.photo
        with self._workshop.room.hold(self._held_px(uploads), self._lease.check):
            pictures = self._decode(uploads)
            progress = self._begin(pictures)
            self._check_photo(pictures, progress, uploads)
            pictures = self._operate(pictures, progress, uploads)
            if self._claim.spec.only_checks:
                pictures = []
            for number, picture in enumerate(pictures):
                progress.enter(len(self._claim.spec.operations) + 1, number, len(pictures))
                with self._asking("/output", progress, uploads) as context:
                    self._finish(picture, context)
                if self._channels.presets:
                    with self._asking("/renditions", progress, uploads) as context:
                        self._make_renditions(picture, number + 1 if len(pictures) > 1 else None, context)
        self._notes.channels |= self._channels.manifest()
        asked = self._claim.spec.review or Review()
        self._notes.channels["review"] = self._notes.review(asked.limits(self._workshop.settings.review))
        return self._notes.outputs, manifest(self._claim, self._notes, self._workshop.engine_facts())

    def _held_px(self, uploads: Uploads) -> int:
        """What the pictures on the job's way take, with the largest upload that operations name, such as a mask."""
        size = (uploads.photo.width, uploads.photo.height) if uploads.photo else NO_PICTURE
        allowed_px = int(self._workshop.settings.max_output_megapixels * 1e6)
        return most_held_px(self._claim.spec, size, self._channels.presets, allowed_px) + uploads.largest_named_px

    def _decode(self, uploads: Uploads) -> list[Picture]:
        """The photo; nothing where the job is about a wish."""
        if uploads.photo is None:
            return []
        with self._step("fetch"):
            photo = uploads.read_photo()
        with self._step("decode"), self._workshop.metrics.timed(DECODE):
            decoded = uploads.decode_photo(photo)
        self._notes.decoded = decoded.facts
        picture = replace(decoded.picture, origin=np.eye(3))
        if not self._claim.spec.only_checks:
            with self._step("fidelity"):
                self._fidelity = Fidelity(picture)
        return [picture]

    def _begin(self, pictures: list[Picture]) -> Progress:
        """Refuse what cannot be done, before any of it is."""
        size = (pictures[0].width, pictures[0].height) if pictures else NO_PICTURE
        plan = Plan.of(self._claim.spec, size, self._channels.presets)
        alpha = any(picture.alpha is not None for picture in pictures)
        plan.check(self._workshop.settings.max_output_megapixels, alpha=alpha)
        return Progress(plan.stages(), self._publish)

    def _operate(self, pictures: list[Picture], progress: Progress, uploads: Uploads) -> list[Picture]:
        """All operations in their order, each on every picture that there is by then; `pictures` is used up."""
        for index, params in enumerate(self._claim.spec.operations):
            if params.op in MAKERS:
                progress.enter(index + 1)
                with self._asking(f"/operations/{index}", progress, uploads, params.op) as context:
                    pictures = self._make(params, pictures, context)
                uploads.let_go()
                continue
            waiting, turns = deque(pictures), len(pictures)
            pictures.clear()
            for number in range(turns):
                progress.enter(index + 1, number, turns)
                check_next(params, waiting[0], turns, self._workshop.settings.max_output_megapixels)
                with self._asking(f"/operations/{index}", progress, uploads, params.op) as context:
                    pictures += self._edit(params, waiting.popleft(), context, number if turns > 1 else None)
            uploads.let_go()
        return pictures

    def _make(self, params: Any, pictures: list[Picture], context: OperationContext) -> list[Picture]:
        started = time.monotonic()
        made = MAKERS[params.op].make(pictures[0] if pictures else None, params, context)
        self._notes.add_operation(params, made[0], context, milliseconds_since(started))
        self._fidelity.follow(params.op, None, made)
        return made

    def _edit(self, params: Any, picture: Picture, context: OperationContext, output: int | None) -> list[Picture]:
        started = time.monotonic()
        edited = OPERATIONS[params.op].run(picture, params, context)
        made = edited if isinstance(edited, list) else [edited]
        self._notes.add_operation(params, made[0], context, milliseconds_since(started), output)
        self._fidelity.follow(params.op, picture, made)
        return made

    @contextmanager
    def _asking(self, pointer: str, progress: Progress, uploads: Uploads, op: str = "") -> Iterator[OperationContext]:
        """What is used at that place of the spec, for one picture, and its span. Raises AttemptEnded."""
        span = self._tracing.part(f"operation {op}" if op else pointer.removeprefix("/"))
        with span, closing(self._context_at(pointer, progress, uploads)) as context:
            yield context

    def _context_at(self, pointer: str, progress: Progress, uploads: Uploads) -> OperationContext:
        self._lease.check()
        return OperationContext(
            engine=self._edition or self._workshop.engine,
            ticket=self._tickets.ticket(progress),
            while_waiting=progress.publish,
            uploaded=uploads.picture,
            seed=self._claim.seed,
            part=progress.part,
            pointer=pointer,
            renditions=self._channels.presets,
        )

    def _finish(self, picture: Picture, context: OperationContext) -> None:
        """Write the files that are wanted of one picture."""
        if (written := self._claim.spec.written) is not None:
            with self._step("encode"):
                encoded = self._encode(picture, written)
            self._store(File(encoded, picture), picture, context)

    def _encode(self, picture: Picture, written: OutputSpec, *, enhanced: bool = False) -> Encoded:
        with self._workshop.metrics.timed(ENCODE):
            return encode(picture, written, source_type(self._notes.operations, enhanced=enhanced))

    def _make_renditions(self, picture: Picture, number: int | None, context: OperationContext) -> None:
        """Every channel's files of one picture, stored as they are made."""

        def encode_one(framed: Picture, written: OutputSpec) -> Encoded:
            enlarged = any(fact["model"].startswith("upscale") for fact in context.facts)
            return self._encode(framed, written, enhanced=enlarged or framed.matte is not None)

        files = self._channels.files(picture, number, context, encode_one)
        while True:
            with self._step("renditions", "rendition") as span:
                file = next(files, None)
                if file is None:
                    break
                name_file(span, file.rendition, file.name)
            self._store(file, picture, context)
        self._channels.note(number, context)

    def _check_photo(self, pictures: list[Picture], progress: Progress, uploads: Uploads) -> None:
        """Grade the photo as it was uploaded, where that was asked for."""
        if not self._claim.spec.check:
            return
        assert self._notes.photo is not None
        assert self._notes.decoded is not None
        photo = UploadedPhoto(pictures[0], self._notes.decoded, self._notes.photo.size)
        with self._step("check"), closing(self._context_at("/check", progress, uploads)) as context:
            self._notes.channels["check"] = check(photo, self._channels.presets, context)

    def _store(self, file: File, source: Picture, context: OperationContext) -> None:
        """Measure and store a file that was made of the picture `source`."""
        with self._step("fidelity") as span:
            name_file(span, file.rendition, file.name)
            file.facts["fidelity"] = self._fidelity.report(file, source, context)
        if file.encoded.source_type is not None:
            file.facts["digital_source_type"] = file.encoded.source_type
        record = file.record(self._claim, len(self._notes.outputs))
        with self._step("store") as span:
            name_file(span, file.rendition, file.name)
            self._workshop.blobs.put_kept(record.path, file.encoded.data)
        self._notes.add_output(record, file.facts)

    def _publish(self, shown: Shown) -> None:
        """Show progress, and hear of a cancel sooner than the heartbeats would."""
        beat(self._workshop, self._lease)
        step = (shown.index - 1, shown.within)  # the first stage is the decoding
        try:
            self._workshop.store.progress(self._claim.job_id, self._claim.token, shown.fraction, shown.stage, step)
        except redis.exceptions.RedisError as error:
            log.warning("progress of %s not shown: %s", self._claim.job_id, error)

    @contextmanager
    def _step(self, name: str, span_name: str = "") -> Iterator[Span]:
        self._lease.check()
        with self._tracing.part(span_name or name) as span, self._notes.timed(name):
            yield span
