"""Spans by OpenTelemetry. The one module that imports it; ``opening`` imports this one once an endpoint is set."""

import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import cast

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision, ParentBased, Sampler, SamplingResult, TraceIdRatioBased
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.util.types import Attributes

from jobs.problems import ProblemError
from jobs.settings import JobsSettings
from jobs.tracing.carried import read_traceparent
from jobs.tracing.exporting import exporter_for
from jobs.tracing.spans import NO_SPAN, Begin, Span, Tracing, Value
from jobs.version import version

KEPT_SPANS = 8192
"""How many wait for the collector at most, about 2 kB each; what is too much is dropped, the oldest first."""

CLOSING_S = 3.0
_EVERY_S = 2.0
_PER_REQUEST = 512

_wanted_trace: ContextVar[str | None] = ContextVar("packshot_wanted_trace", default=None)
_kept_anyway: ContextVar[bool] = ContextVar("packshot_kept_anyway", default=False)
_SPAN = context.create_key("packshot-span")


class Recording(Tracing):
    """Spans go to a queue of bounded length, and a thread sends them: no caller ever waits for the collector."""

    on = True

    def __init__(self, provider: TracerProvider, *, heed_clients: bool = True) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("packshot", version())
        self._heed_clients = heed_clients

    @classmethod
    def open(cls, settings: JobsSettings, service: str, instance: str) -> "Recording":
        """As the settings want them."""
        provider = TracerProvider(
            sampler=_Share(settings.traces_share),
            resource=_resource(service, instance),
            id_generator=_Ids(),
            shutdown_on_exit=False,  # it would wait for a collector that does not answer
        )
        exporter = exporter_for(settings.traces_endpoint)
        exporter.greet()
        queue = BatchSpanProcessor(
            exporter,
            max_queue_size=KEPT_SPANS,
            schedule_delay_millis=_EVERY_S * 1000,
            max_export_batch_size=_PER_REQUEST,
        )
        provider.add_span_processor(queue)
        return cls(provider, heed_clients=settings.traces_from_clients)

    def part(self, name: str, attributes: Mapping[str, Value] | None = None) -> AbstractContextManager[Span]:
        """A child of this thread's span, if there is one."""
        if self.current() is NO_SPAN:
            return super().part(name, attributes)
        return self._opened(self._tracer.start_span(name, attributes=attributes))

    def begin(self, name: str, how: Begin) -> AbstractContextManager[Span]:
        """A child of the parent given, or a root."""
        return self._opened(self._start(name, how, _ago_ns(how.ago_s) if how.ago_s else None))

    def tell(self, name: str, how: Begin, lasted_s: float, error: str = "") -> None:
        """Begun and ended at once, with the times that are told."""
        began_ns = _ago_ns(how.ago_s)
        span = self._start(name, how, began_ns)
        if error:
            _Recorded(span).fail(error)
        span.end(began_ns + round(lasted_s * 1e9))

    def current(self) -> Span:
        """This thread's."""
        return cast("Span", context.get_value(_SPAN) or NO_SPAN)

    def close(self) -> None:
        """The SDK's own shutdown waits for as long as the collector takes; a thread of its own does not."""
        closing = threading.Thread(target=self._provider.shutdown, name="traces-close", daemon=True)
        closing.start()
        closing.join(CLOSING_S)

    def carried_of_client(self, told: str | None) -> str | None:
        """Read from the request's header."""
        return read_traceparent(told) if self._heed_clients else None

    def _start(self, name: str, how: Begin, start_ns: int | None) -> trace.Span:
        links = [Link(_span_context(link)) for link in how.links]
        wanted, kept = _wanted_trace.set(how.trace_id), _kept_anyway.set(how.sampled)
        try:
            return self._tracer.start_span(
                name,
                context=_context_of(how.parent),
                kind=_KINDS[how.kind],
                attributes=dict(how.attributes),
                links=links,
                start_time=start_ns,
            )
        finally:
            _wanted_trace.reset(wanted)
            _kept_anyway.reset(kept)

    @contextmanager
    def _opened(self, span: trace.Span) -> Iterator[Span]:
        recorded = _Recorded(span)
        around = trace.set_span_in_context(span, context.set_value(_SPAN, recorded))
        token = context.attach(around)
        try:
            yield recorded
        except BaseException as error:
            recorded.fail(error.problem.type if isinstance(error, ProblemError) else type(error).__name__)
            raise
        finally:
            context.detach(token)
            span.end()


class _Recorded(Span):
    """One of OpenTelemetry's."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span
        told = span.get_span_context()
        self.trace_id = trace.format_trace_id(told.trace_id)
        self.traceparent = f"00-{self.trace_id}-{trace.format_span_id(told.span_id)}-{told.trace_flags & 1:02x}"
        self._failed = False

    @property
    def mark(self) -> str | None:
        return self.traceparent if self._span.get_span_context().trace_flags.sampled else None

    def set(self, name: str, value: Value) -> None:
        self._span.set_attribute(name, value)

    def fail(self, kind: str) -> None:
        """The first word counts: what it led to comes later."""
        if not self._failed:
            self._failed = True
            self._span.set_attribute("error.type", kind)
            self._span.set_status(Status(StatusCode.ERROR))


class _Ids(RandomIdGenerator):
    """A trace may have to be a certain one: that of a job without a request of its own, at each of its attempts."""

    def generate_trace_id(self) -> int:
        wanted = _wanted_trace.get()
        return int(wanted, 16) if wanted else super().generate_trace_id()


class _Share(Sampler):
    """A share of the traces that begin here; what continues one goes by its parent; what must be kept is."""

    def __init__(self, share: float) -> None:
        self._usual = ParentBased(TraceIdRatioBased(share))

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: trace.TraceState | None = None,
    ) -> SamplingResult:
        if _kept_anyway.get():
            return SamplingResult(Decision.RECORD_AND_SAMPLE, attributes)
        return self._usual.should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)

    def get_description(self) -> str:
        return "PackshotShare"


_KINDS = {
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
}


def _ago_ns(seconds: float) -> int:
    """So long ago on the wall clock, by which spans of several hosts are compared."""
    return time.time_ns() - round(seconds * 1e9)


def _span_context(traceparent: str) -> SpanContext:
    """Of a traceparent that was read."""
    _, trace_id, span_id, flags = traceparent.split("-")
    return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16)))


def _context_of(parent: str | None) -> Context:
    """Of a child of that parent; of a root without one."""
    empty = Context()
    return empty if parent is None else trace.set_span_in_context(NonRecordingSpan(_span_context(parent)), empty)


def _resource(service: str, instance: str) -> Resource:
    """What every span says of its process; OTEL_RESOURCE_ATTRIBUTES adds to it."""
    host = socket.gethostname()
    return Resource.create(
        {
            "service.namespace": "packshot",
            "service.name": service,
            "service.version": version(),
            "service.instance.id": instance or f"{host}-{os.getpid()}",
            "host.name": host,
            "process.pid": os.getpid(),
        }
    )
