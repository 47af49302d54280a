"""Where spans go: a collector by OTLP over HTTP, or a file of OTLP's JSON lines for trials."""

import base64
import json
import logging
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from google.protobuf.json_format import MessageToDict
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from jobs.settings import without_secrets

log = logging.getLogger(__name__)

_TIMEOUT_S = 5.0
_IDS = frozenset({"traceId", "spanId", "parentSpanId"})


class ToldOnce(SpanExporter):
    """Says once that spans are lost, and once that they arrive again, in the place of the libraries' many lines."""

    def __init__(self, inner: SpanExporter, place: str) -> None:
        self._inner = inner
        self._place = place
        self._lock = threading.Lock()
        self._fails, self._lost, self._over = False, 0, False
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Called by the one thread that sends, and once by that which greets."""
        result = self._send(spans)
        with self._lock:
            if not self._over:
                self._note(result is SpanExportResult.SUCCESS, len(spans))
        return result

    def _send(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        try:
            return self._inner.export(spans)
        except Exception as error:  # noqa: BLE001  (whatever it is, it costs spans and nothing else)
            log.debug("spans were lost: %s", type(error).__name__)
            return SpanExportResult.FAILURE

    def reaches(self) -> bool:
        """Whether what takes the spans is there and takes them: it is sent an empty message. For seconds at most, and
        whoever asks is the one to tell: nothing is logged.
        """
        return self._send(()) is SpanExportResult.SUCCESS

    def greet(self) -> None:
        """Let a thread find out, so that the log says at the start, and not at the first job, that nobody listens."""
        threading.Thread(target=self.export, args=((),), name="traces-greet", daemon=True).start()

    def _note(self, well: bool, many: int) -> None:
        if not well:
            if not self._fails:
                log.warning("traces do not reach %s; jobs go on, and spans are dropped until they do", self._place)
            self._fails, self._lost = True, self._lost + many
        elif self._fails:
            log.info("traces reach %s again; %d spans were lost", self._place, self._lost)
            self._fails, self._lost = False, 0

    def shutdown(self) -> None:
        """Ends a retry that is under way, of which nothing more is told."""
        with self._lock:
            self._over = True
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """There is nothing in it."""
        return self._inner.force_flush(timeout_millis)


class OtlpFile(SpanExporter):
    """Appends a line for each batch of spans, as the collector's ``otlpjsonfile`` receiver reads them.

    Several processes may write one file: each line is one write to a descriptor that appends.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Raises OSError where the disk is full."""
        if not spans:
            return SpanExportResult.SUCCESS
        line = json.dumps(_with_hex_ids(MessageToDict(encode_spans(spans))), separators=(",", ":")) + "\n"
        os.write(self._file, line.encode())
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Close the file."""
        os.close(self._file)


def exporter_for(endpoint: str) -> ToldOnce:
    """That of ``http(s)://host:4318``, to which ``/v1/traces`` is added where no path is given, or of ``file:///…``.

    Headers (a collector's key) and certificates are told as OpenTelemetry has it: OTEL_EXPORTER_OTLP_HEADERS,
    OTEL_EXPORTER_OTLP_CERTIFICATE.
    """
    parts = urlsplit(endpoint)
    if parts.scheme == "file":
        return ToldOnce(OtlpFile(Path(url2pathname(parts.path))), endpoint)
    whole = endpoint if parts.path.strip("/") else f"{endpoint.rstrip('/')}/v1/traces"
    return ToldOnce(OTLPSpanExporter(whole, timeout=_TIMEOUT_S), without_secrets(whole))


def _with_hex_ids(told: Any) -> Any:
    """OTLP's JSON has ids in hexadecimal digits, where Protobuf's own mapping has base64."""
    if isinstance(told, list):
        return [_with_hex_ids(each) for each in told]
    if isinstance(told, dict):
        return {
            name: base64.b64decode(value).hex() if name in _IDS else _with_hex_ids(value)
            for name, value in told.items()
        }
    return told
