"""One job's trace as a picture: a whole service is started, tenants send photos, and one of their jobs is drawn.

``python -m benchmarks.trace_picture`` writes docs/images/trace.svg; ``… spans.jsonl [TRACE]`` draws a trace of a file
that PACKSHOT_TRACES_ENDPOINT=file:///…/spans.jsonl has filled: the job's with the most spans, unless one is named.
"""

import argparse
import json
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from benchmarks.service import Service
from packshot import Client

REPOSITORY = Path(__file__).parents[1]
PICTURE = REPOSITORY / "docs" / "images" / "trace.svg"
OPERATIONS = ("cutout", "relight", "restore", "upscale:factor=2")
TENANTS = ("acme", "bolts")
_ROW, _LABELS, _BARS, _EDGE = 22, 270, 640, 16
_COLOURS = {"packshot-api": "#3b6fb6", "packshot-worker": "#2f8f5b", "batch": "#c77d1e", "wait": "#b9bec6"}
_KEY = (("API", "packshot-api"), ("waiting", "wait"), ("worker", "packshot-worker"), ("batch (linked)", "batch"))


@dataclass(frozen=True)
class Drawn:
    """A span; times are Unix nanoseconds."""

    id: str
    parent: str
    trace: str
    name: str
    service: str
    began: int
    ended: int
    links: tuple[str, ...]
    attributes: dict[str, Any]


def main() -> None:
    """Draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("spans", nargs="?", type=Path)
    parser.add_argument("trace", nargs="?")
    parser.add_argument("-o", "--output", type=Path, default=PICTURE)
    options = parser.parse_args()
    spans = read_spans(options.spans) if options.spans else _trial()
    trace = options.trace or _longest(spans)
    options.output.write_text(waterfall(spans, trace), encoding="utf-8")
    print(f"{options.output}: trace {trace}")


def read_spans(path: Path) -> list[Drawn]:
    """All spans of a file of OTLP's JSON lines."""
    return [
        _read(span, process)
        for line in path.read_text(encoding="utf-8").splitlines()
        for process in json.loads(line)["resourceSpans"]
        for scope in process["scopeSpans"]
        for span in scope["spans"]
    ]


def waterfall(spans: list[Drawn], trace: str) -> str:
    """The trace as an SVG: a row for each span below its parent, and the batches that link to it below what asked."""
    rows = list(_rows([span for span in spans if span.trace == trace], spans))
    began, ended = min(span.began for _, span in rows), max(span.ended for _, span in rows)
    height = _EDGE * 2 + _ROW * (len(rows) + 2)
    width = _LABELS + _BARS + 100 + _EDGE
    shapes = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"',
        'font-family="sans-serif" font-size="12">',
        f'<title>The trace of one job</title><rect width="{width}" height="{height}" fill="#ffffff"/>',
        *_legend((ended - began) / 1e6),
    ]
    for number, (depth, span) in enumerate(rows):
        shapes += _bar(number + 2, depth, span, (began, ended))
    return "\n".join([*shapes, "</svg>", ""])


def _bar(row: int, depth: int, span: Drawn, whole: tuple[int, int]) -> Iterable[str]:
    scale = _BARS / max(1, whole[1] - whole[0])
    left, long = _LABELS + (span.began - whole[0]) * scale, max(1.5, (span.ended - span.began) * scale)
    base = _EDGE + row * _ROW
    label = escape(_label(span))
    if row % 2:
        yield f'<rect x="0" y="{base - 15}" width="100%" height="{_ROW}" fill="#f5f6f8"/>'
    yield f'<text x="{_EDGE + depth * 14}" y="{base}" fill="#1d2129">{label}</text>'
    yield f'<rect x="{left:.1f}" y="{base - 10}" width="{long:.1f}" height="12" rx="2" fill="{_colour(span)}"/>'
    told = _told((span.ended - span.began) / 1e6)
    yield f'<text x="{left + long + 5:.1f}" y="{base}" fill="#5b6270" font-size="11">{told}</text>'


def _legend(whole_ms: float) -> Iterable[str]:
    yield f'<text x="{_EDGE}" y="{_EDGE + 6}" fill="#1d2129" font-weight="bold">one job, {_told(whole_ms)}</text>'
    for number, (word, kind) in enumerate(_KEY):
        x = _LABELS + number * 140
        yield f'<rect x="{x}" y="{_EDGE - 4}" width="12" height="12" rx="2" fill="{_COLOURS[kind]}"/>'
        yield f'<text x="{x + 18}" y="{_EDGE + 6}" fill="#1d2129">{word}</text>'


def _told(milliseconds: float) -> str:
    return f"{milliseconds:.1f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


def _label(span: Drawn) -> str:
    if not span.name.startswith("batch "):
        return span.name
    told = span.attributes
    jobs, tenants = told.get("packshot.batch.jobs", 1), told.get("packshot.batch.tenants", 1)
    return f"{span.name}: {jobs} {'job' if jobs == 1 else 'jobs'}, {tenants} {'tenant' if tenants == 1 else 'tenants'}"


def _colour(span: Drawn) -> str:
    if span.name.startswith("batch "):
        return _COLOURS["batch"]
    return _COLOURS["wait" if span.name == "wait in queue" else span.service]


def _rows(own: list[Drawn], every: list[Drawn]) -> Iterable[tuple[int, Drawn]]:
    """(depth, span) in the order of the tree, and of time within it."""
    ids = {span.id for span in own}
    children = {span.id: [each for each in own if each.parent == span.id] for span in own}
    roots = [span for span in own if span.parent not in ids]

    def below(span: Drawn, depth: int) -> Iterable[tuple[int, Drawn]]:
        yield depth, span
        linked = [each for each in every if span.id in each.links and each.name.startswith("batch ")]
        for child in sorted([*children.get(span.id, ()), *linked], key=lambda each: each.began):
            yield from below(child, depth + 1)

    for root in sorted(roots, key=lambda span: span.began):
        yield from below(root, 0)


def _longest(spans: list[Drawn]) -> str:
    """The job's that has the most spans."""
    traces = [span.trace for span in spans if span.name == "process job"]
    return max(traces, key=lambda trace: sum(span.trace == trace for span in spans))


def _trial() -> list[Drawn]:
    """Two tenants' jobs at the same time, by the networks that this machine can run."""
    photos = sorted((REPOSITORY / "docs" / "samples").glob("*.jpg"))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "spans.jsonl"
        with Service(Path(folder), settings={"PACKSHOT_TRACES_ENDPOINT": file.as_uri()}) as service:
            with service.client() as operator:
                scopes = ["jobs:read", "jobs:write", "uploads:write"]
                keys = [operator.keys.create(name, scopes, tenant=name).secret for name in TENANTS]
            clients = [Client(service.url, key) for key in keys]
            jobs = [client.submit(photo, OPERATIONS) for photo in photos[:2] for client in clients]
            for job in jobs:
                job.wait(timeout_s=300)
        return read_spans(file)  # all are there once the service has stopped


def _read(span: dict[str, Any], process: dict[str, Any]) -> Drawn:
    return Drawn(
        id=span["spanId"],
        parent=span.get("parentSpanId", ""),
        trace=span["traceId"],
        name=span["name"],
        service=str(_attributes(process["resource"])["service.name"]),
        began=int(span["startTimeUnixNano"]),
        ended=int(span["endTimeUnixNano"]),
        links=tuple(link["spanId"] for link in span.get("links", ())),
        attributes=_attributes(span),
    )


def _attributes(told: dict[str, Any]) -> dict[str, Any]:
    pairs = ((each["key"], next(iter(each["value"].items()))) for each in told.get("attributes", ()))
    return {name: int(value) if kind == "intValue" else value for name, (kind, value) in pairs}


if __name__ == "__main__":
    main()
