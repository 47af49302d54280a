"""What a span costs the thread that makes it, in processor time: ``python -m benchmarks.tracing_cost``."""

import tempfile
import time
from pathlib import Path

from jobs.settings import JobsSettings
from jobs.tracing import Begin, Tracing, open_tracing

SPANS = 4_000  # fewer than are kept, so that none is dropped


def main() -> None:
    """Print microseconds a span, without tracing, of a trace that is not kept, and of one that is."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "spans.jsonl"
        for name, share in (("off", None), ("not kept", 0.0), ("kept", 1.0)):
            tracing = Tracing() if share is None else _opened(file, share)
            took_us = _cost_us(tracing)
            tracing.close()
            print(f"{name:<9} {took_us:6.1f} µs of this thread a span")
        spans = sum(line.count('"spanId"') for line in file.read_text(encoding="utf-8").splitlines())
        print(f"{file.stat().st_size / max(1, spans):.0f} bytes a span in the file, {spans} spans")


def _cost_us(tracing: Tracing) -> float:
    with tracing.begin("process job", Begin("consumer")):
        began = time.thread_time()
        for _ in range(SPANS):
            with tracing.part("operation restore") as span:
                span.set("packshot.outcome", "succeeded")
        return (time.thread_time() - began) / SPANS * 1e6


def _opened(file: Path, share: float) -> Tracing:
    settings = JobsSettings(redis_url="redis://nowhere", traces_endpoint=file.as_uri(), traces_share=share)
    return open_tracing(settings, "packshot-worker")


if __name__ == "__main__":
    main()
