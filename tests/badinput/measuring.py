"""A decoder that also tells what its children took: the product's own, but for a few bytes that they leave behind."""

import os
import struct
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jobs.photos import PhotoLimits
from tests.badinput.measured_child import Measured
from worker.decoder_child import DecodeLimits, PassedFile, await_photo
from worker.decoder_children import Children
from worker.decoding import Decoder


@dataclass(frozen=True)
class Taken:
    """A child's resident memory at its largest, what it shares with the fork server included, and processor time."""

    peak_bytes: int
    cpu_s: float


NOTHING = Taken(0, 0.0)


class _MeasuredChildren(Children):
    """Each is started by the thread that decodes, which finds in its own `note` what the child leaves behind."""

    note = threading.local()

    def _main(self) -> Measured:
        return Measured(await_photo, PassedFile(self.note.file))


class MeasuringDecoder(Decoder):
    """After each decode, the calling thread finds in `last` what its child took; zeros where it died."""

    def __init__(self, limits: PhotoLimits, timeout_s: float) -> None:
        super().__init__(limits, timeout_s)
        self._last = threading.local()
        self._children = _MeasuredChildren(self._context)

    @property
    def last(self) -> Taken:
        """What this thread's last child took."""
        return getattr(self._last, "taken", NOTHING)

    def _run_child(self, files: Sequence[int], limits: DecodeLimits) -> dict[str, Any]:
        note = self._children.note.file = os.memfd_create("measured")
        try:
            return super()._run_child(files, limits)
        finally:
            told = os.pread(note, 16, 0)
            self._last.taken = Taken(*struct.unpack("<qd", told)) if len(told) == 16 else NOTHING
            os.close(note)
