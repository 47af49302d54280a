"""What a job's record says of its trace: a W3C traceparent, and by whose request the trace began.

https://www.w3.org/TR/trace-context/#traceparent-header
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Literal, cast, get_args

Origin = Literal["own", "client", "batch"]
"""Who began the trace: this installation, the client with a ``traceparent`` of its own, or (``batch``) the request that
brought a whole catalogue, to whose span its jobs' own traces are linked."""

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


@dataclass(frozen=True)
class Carried:
    """A traceparent of version 00, and where it came from."""

    traceparent: str
    origin: Origin = "own"

    @property
    def trace_id(self) -> str:
        """32 hex digits."""
        return self.traceparent[3:35]

    def __str__(self) -> str:
        return f"{self.traceparent} {self.origin}"


def trace_id_of(job_id: str) -> str:
    """The trace of a job that came with none: the same at each of its attempts, by 128 bits of a hash."""
    return hashlib.sha256(f"trace of {job_id}".encode()).hexdigest()[:32]


def read_traceparent(told: str | None) -> str | None:
    """The header as version 00 has it; None where it is not one, which is no mistake: a trace is begun anew then.

    Of a later version that much is read which this one knows.
    """
    found = _TRACEPARENT.fullmatch((told or "").strip())
    if found is None or (found[0].startswith("00-") and found[4]):
        return None
    return f"00-{found[1]}-{found[2]}-{int(found[3], 16) & 1:02x}"


def read_carried(told: str | None) -> Carried | None:
    """What ``str`` made of one; None where a record says nothing that can be read."""
    traceparent, _, origin = (told or "").partition(" ")
    found = read_traceparent(traceparent)
    if found is None or origin not in get_args(Origin):
        return None
    return Carried(found, cast("Origin", origin))
