"""The caller's trace goes with its requests, to the server alone."""

import subprocess
import sys

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from packshot import RetryPolicy
from packshot.flows.steps import Request
from packshot.locating import Server
from packshot.wire import Wire


def test_a_request_within_a_span_carries_its_traceparent_and_one_without_carries_none() -> None:
    wire = Wire(Server("https://shop.example", "psk_a.b"), RetryPolicy())
    with TracerProvider(shutdown_on_exit=False).get_tracer("shop").start_as_current_span("restock") as span:
        told = span.get_span_context()
        sent = wire.options(Request("POST", "/v1/jobs"))["headers"]
        elsewhere = wire.options(Request("GET", "https://blobs.example/picture"))["headers"]
    assert sent["traceparent"] == f"00-{trace.format_trace_id(told.trace_id)}-{trace.format_span_id(told.span_id)}-01"
    assert "traceparent" not in elsewhere, "a link may lead to another's server"
    assert "traceparent" not in wire.options(Request("POST", "/v1/jobs"))["headers"]


def test_the_client_imports_no_opentelemetry_for_it() -> None:
    script = (
        "import sys; from packshot.trace_context import current_trace; assert current_trace() == {};"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
