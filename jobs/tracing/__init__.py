"""Traces of a job's way: spans by one small interface, and OpenTelemetry behind it only where an endpoint is set.

``carried`` is what goes from the API through the record to the worker, ``spans`` the interface and what it is without
an endpoint (nothing), ``recording`` the one module that imports OpenTelemetry. Knows no job and no HTTP.
"""

from jobs.tracing.carried import Carried, Origin, read_carried, read_traceparent
from jobs.tracing.opening import check_tracing, open_tracing
from jobs.tracing.spans import Begin, Span, Tracing, begin_for_job

__all__ = [
    "Begin",
    "Carried",
    "Origin",
    "Span",
    "Tracing",
    "begin_for_job",
    "check_tracing",
    "open_tracing",
    "read_carried",
    "read_traceparent",
]
