"""A decoder that also tells what its children took: the product's own, but for a few bytes that they leave behind."""

import os
import struct
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from jobs.photos import PhotoLimits
from tests.badinput.measured_child import Measured
from worker.decoder_child import DecodeLimits, PassedFile
from worker.decoding import Decoder


@dataclass(frozen=True)
class Taken:
    """A child's resident memory at its largest, what it shares with the fork server included, and processor time."""

    peak_bytes: int
    cpu_s: float


NOTHING = Taken(0, 0.0)
_MAIN = Callable[..., None]


class MeasuringDecoder(Decoder):
    """After each decode, the calling thread finds in `last` what its child took; zeros where it died."""

    def __init__(self, limits: PhotoLimits, timeout_s: float) -> None:
        super().__init__(limits, timeout_s)
        self._last = threading.local()

    @property
    def last(self) -> Taken:
        """What this thread's last child took."""
        return getattr(self._last, "taken", NOTHING)

    def _run_child(self, main: _MAIN, files: Sequence[int], limits: DecodeLimits) -> dict[str, Any]:
        note = os.memfd_create("measured")
        try:
            return super()._run_child(Measured(main, PassedFile(note)), files, limits)
        finally:
            told = os.pread(note, 16, 0)
            self._last.taken = Taken(*struct.unpack("<qd", told)) if len(told) == 16 else NOTHING
            os.close(note)
