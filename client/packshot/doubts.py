"""What a job's manifest says should be looked at before its pictures are used."""

from collections.abc import Iterator, Sequence

from packshot.models import Output
from packshot.reading import Document, as_document, take, take_optional


def doubts_of(manifest: Document, outputs: Sequence[Output]) -> tuple[str, ...]:
    """The operations' own doubts about their work, then where a picture's fidelity report is beyond its limits."""
    operations = take_optional(manifest, "operations", list) or []
    doubts = tuple(
        f"{take(step, 'op', str)}: {text}"
        for step in map(as_document, operations)
        for text in take_optional(step, "warnings", list) or []
    )
    return (*doubts, *(reason for reason in _review_reasons(manifest, outputs) if reason not in doubts))


def _review_reasons(manifest: Document, outputs: Sequence[Output]) -> Iterator[str]:
    told = take_optional(manifest, "review", dict) or {}
    for reason in map(as_document, take_optional(told, "reasons", list) or []):
        index, sentence = take_optional(reason, "output", int), take(reason, "sentence", str)
        names = [one.name or f"picture {one.index}" for one in outputs if one.index == index]
        yield f"{names[0]}: {sentence}" if names and len(outputs) > 1 else sentence
