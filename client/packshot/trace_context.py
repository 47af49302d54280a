"""The trace that the caller is in, for the server to continue: where the caller itself uses OpenTelemetry."""

import sys
from collections.abc import Mapping


def current_trace() -> Mapping[str, str]:
    """The header ``traceparent`` of the span that is current here; nothing where there is none.

    OpenTelemetry is never imported for it: a caller that has a span has imported it.
    """
    api = sys.modules.get("opentelemetry.trace")
    if api is None:
        return {}
    span = api.get_current_span().get_span_context()
    if not span.is_valid:
        return {}
    return {"traceparent": f"00-{span.trace_id:032x}-{span.span_id:016x}-{span.trace_flags & 1:02x}"}
