"""What the rooms say of their spans. This is all there is where nothing is traced, and it does nothing."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Literal

from jobs.tracing.carried import Carried, read_carried, trace_id_of

Value = str | bool | int | float
Kind = Literal["internal", "server", "client", "producer", "consumer"]


@dataclass(frozen=True)
class Begin:
    """How a span begins that is no mere part of the one around it.

    ``parent`` is a traceparent. Without one it is the root of a trace: that of ``trace_id`` (32 hex digits) where that
    is given. ``links`` are traceparents, as ``Span.mark`` gives them. ``ago_s`` is how long ago it began. One that is
    ``sampled`` is kept whatever the share.
    """

    kind: Kind = "internal"
    parent: str | None = None
    trace_id: str | None = None
    links: Sequence[str] = ()
    ago_s: float = 0.0
    sampled: bool = False
    attributes: Mapping[str, Value] = field(default_factory=dict)


def begin_for_job(job_id: str, told: str | None) -> Begin:
    """How a job's span begins whose record says ``told`` of its trace: below the span of the request that brought it.

    One that came with many others, or with no trace at all, has a trace of its own.
    """
    carried = read_carried(told)
    if carried is not None and carried.origin != "batch":
        return Begin(parent=carried.traceparent)
    return Begin(trace_id=trace_id_of(job_id), links=(carried.traceparent,) if carried else ())


class Span:
    """A span, or, as here, none. Attributes never hold photos, secrets, queries of URLs or tenants' metadata."""

    trace_id = ""
    traceparent = ""

    @property
    def mark(self) -> str | None:
        """The traceparent that other spans link to; None of a span that is not kept."""
        return None

    def set(self, name: str, value: Value) -> None:
        """Give it an attribute."""

    def fail(self, kind: str) -> None:
        """It went wrong: ``kind`` is a problem's type, or an error's name, never an error's text."""


NO_SPAN = Span()
_NOTHING = nullcontext(NO_SPAN)  # may be entered again and again, by any thread


class Tracing:
    """One process' traces. Thread-safe; this one keeps nothing and costs nothing."""

    on = False

    def part(self, name: str, attributes: Mapping[str, Value] | None = None) -> AbstractContextManager[Span]:
        """A span within the one that is open in this thread, else none. An exception that leaves it fails it."""
        del name, attributes
        return _NOTHING

    def begin(self, name: str, how: Begin) -> AbstractContextManager[Span]:
        """A span that begins otherwise than as a part; parts are its own, as long as it is open in this thread."""
        del name, how
        return _NOTHING

    def tell(self, name: str, how: Begin, lasted_s: float, error: str = "") -> None:
        """A span that lasted so long and is over; ``error`` is as for ``Span.fail``, if it failed. Never blocks."""

    def current(self) -> Span:
        """The span that is open in this thread, or one that does nothing."""
        return NO_SPAN

    def close(self) -> None:
        """Send what has not been sent, for a few seconds at most; what comes later is dropped."""

    def carried_of_client(self, told: str | None) -> str | None:
        """The traceparent of a client's request that is to be heeded; None where it sent none, or none is heeded."""
        del told
        return None

    def carry(self, span: Span, from_client: bool) -> str | None:
        """What a job's record is to say of a span, so that a worker continues its trace; None where it is none."""
        return str(Carried(span.traceparent, "client" if from_client else "own")) if span.traceparent else None
