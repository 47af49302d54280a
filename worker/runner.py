"""One job's way through the worker: fetch, decode, operate, encode, store. Refuses to know what a failure means.

Every step raises: ProblemError for what the client must hear, and the errors of the rooms it touches; `tasks` decides
which of them earn another attempt.
"""

import hashlib
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import redis.exceptions

from engine import Ticket
from jobs.problems import ProblemError
from jobs.records import Claim, OutputRecord
from worker.encoding import Encoded, check_side, choose_format, encode
from worker.heartbeats import beat
from worker.leases import Lease
from worker.manifest import Notes, manifest
from worker.operations import OPERATIONS, OperationContext, sizes_after
from worker.picture import Picture
from worker.progress import Progress
from worker.uploads import Uploads
from worker.workshop import Workshop

log = logging.getLogger(__name__)

_DECODE_COST = 0.1
_ENCODE_COST = 0.2
_PRIORITIES = {"interactive": 0, "bulk": 1}


class Run:
    """One attempt at one job, in the thread that claimed it."""

    def __init__(self, workshop: Workshop, lease: Lease) -> None:
        self._workshop = workshop
        self._lease = lease
        self._claim: Claim = lease.claim
        self._notes = Notes()
        self._deadline = self._monotonic_deadline()

    def result(self) -> tuple[list[OutputRecord], dict[str, Any]]:
        """Take the job all the way to stored blobs; returns their records and the manifest."""
        self._lease.check()
        uploads = Uploads(self._workshop, self._claim)
        self._notes.upload = uploads.photo
        with self._workshop.room.hold(self._largest_px(uploads), self._lease.check):
            picture, progress = self._decode(uploads)
            picture = self._operate(picture, progress, uploads)
            progress.enter(len(self._claim.spec.operations) + 1)
            self._store(picture)
        return self._notes.outputs, manifest(self._claim, self._notes, self._workshop.engine_facts())

    def _largest_px(self, uploads: Uploads) -> int:
        """The pixels of the largest picture on the job's way, as far as the header tells: it may turn by its EXIF.

        With those of the largest mask, which is there beside it.
        """
        size = uploads.photo.width, uploads.photo.height
        sizes = [size]
        for start in (size, size[::-1]):
            with suppress(ProblemError):  # raised again, and told, for the size that it really is
                sizes += sizes_after(self._claim.spec.operations, start)
        allowed_px = int(self._workshop.settings.max_output_megapixels * 1e6)
        return max(min(width * height, allowed_px) for width, height in sizes) + uploads.largest_mask_px

    def _decode(self, uploads: Uploads) -> tuple[Picture, Progress]:
        with self._step("fetch"):
            photo = uploads.read_photo()
        with self._step("decode"):
            decoded = uploads.decode_photo(photo)
        self._notes.decoded = decoded.facts
        picture = decoded.picture
        sizes = sizes_after(self._claim.spec.operations, (picture.width, picture.height))
        self._check_sizes(sizes, alpha=picture.alpha is not None)
        return picture, self._progress((picture.width, picture.height), sizes)

    def _check_sizes(self, sizes: list[tuple[int, int]], *, alpha: bool) -> None:
        """Refuse work whose result, or any picture on the way to it, would be too large."""
        allowed = self._workshop.settings.max_output_megapixels
        for params, (width, height) in zip(self._claim.spec.operations, sizes, strict=True):
            megapixels = width * height / 1e6
            if megapixels > allowed:
                detail = f"{params.op} would make {width} × {height}, {megapixels:.1f} megapixels; allowed: {allowed:g}"
                raise ProblemError("output-dimensions", detail, width=width, height=height)
        check_side(choose_format(self._claim.spec.output, alpha=alpha), *sizes[-1])

    def _progress(self, size: tuple[int, int], sizes: list[tuple[int, int]]) -> Progress:
        pixels = [width * height for width, height in (size, *sizes)]
        operations = self._claim.spec.operations
        costs = [OPERATIONS[params.op].cost * max(pixels[i : i + 2]) for i, params in enumerate(operations)]
        stages = [("decode", _DECODE_COST * pixels[0])]
        stages += [(params.op, cost) for params, cost in zip(operations, costs, strict=True)]
        return Progress([*stages, ("encode", _ENCODE_COST * pixels[-1])], self._publish)

    def _operate(self, picture: Picture, progress: Progress, uploads: Uploads) -> Picture:
        for index, params in enumerate(self._claim.spec.operations):
            self._lease.check()
            progress.enter(index + 1)
            context = OperationContext(self._workshop.engine, self._ticket(progress), progress.publish, uploads.picture)
            started = time.monotonic()
            picture = OPERATIONS[params.op].run(picture, params, context)
            took_ms = _milliseconds_since(started)
            self._notes.add_operation(params, (picture.width, picture.height), context, took_ms)
        return picture

    def _store(self, picture: Picture) -> None:
        self._lease.check()
        with self._step("encode"):
            encoded = encode(picture, self._claim.spec.output)
        self._lease.check()
        record = self._output_record(picture, encoded)
        with self._step("store"):
            self._workshop.blobs.put(record.path, encoded.data)
        self._notes.outputs.append(record)

    def _output_record(self, picture: Picture, encoded: Encoded) -> OutputRecord:
        return OutputRecord(
            index=0,
            path=f"{result_prefix(self._claim)}/0.{encoded.extension}",
            format=encoded.format,
            width=picture.width,
            height=picture.height,
            bytes=len(encoded.data),
            sha256=hashlib.sha256(encoded.data).hexdigest(),
        )

    def _ticket(self, progress: Progress) -> Ticket:
        return Ticket(
            tenant=self._claim.tenant,
            priority=_PRIORITIES[self._claim.spec.priority],
            deadline=self._deadline,
            cancelled=self._lease.ended,
            alone=self._claim.attempt > 1,
            on_progress=progress.units,
        )

    def _monotonic_deadline(self) -> float | None:
        """The job's deadline, which is on Redis' clock, on this process' own."""
        if self._claim.deadline_ms is None:
            return None
        return time.monotonic() + (self._claim.deadline_ms - self._workshop.redis_now_ms()) / 1000

    def _publish(self, fraction: float, stage: str) -> None:
        """Show progress, and hear of a cancel sooner than the heartbeats would."""
        beat(self._workshop, self._lease)
        try:
            self._workshop.store.progress(self._claim.job_id, self._claim.token, fraction, stage)
        except redis.exceptions.RedisError as error:
            log.warning("progress of %s not shown: %s", self._claim.job_id, error)

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        self._lease.check()
        started = time.monotonic()
        yield
        self._notes.timings_ms[name] = _milliseconds_since(started)


def result_prefix(claim: Claim) -> str:
    """The folder of everything that this attempt stores; a later attempt has another."""
    return f"results/{claim.tenant}/{claim.job_id}/{claim.token}"


def _milliseconds_since(started: float) -> float:
    return round((time.monotonic() - started) * 1000, 3)
