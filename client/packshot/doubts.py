"""What a job's manifest says should be looked at before its pictures are used, and which rules its files break."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from packshot.models import Output
from packshot.reading import Document, as_document, take, take_optional

RULE = "rule"  # the measure of a reason that is told of its file's own grades


@dataclass(frozen=True)
class BrokenRule:
    """A technical rule of the channel `rendition` that the output number `output`, called `name`, does not keep."""

    output: int
    name: str
    rendition: str
    rule: str
    title: str
    measured: str
    required: str

    def __str__(self) -> str:
        """`amazon-main's rule is not kept: Longer side: 800 px; required: 1,000 to 10,000 px`."""
        return f"{self.rendition}'s rule is not kept: {self.title}: {self.measured}; required: {self.required}"


def broken_rules_of(manifest: Document, outputs: Sequence[Output]) -> tuple[BrokenRule, ...]:
    """What the manifest grades as technical and not kept, in the outputs' order. Raises MalformedAnswer."""
    return tuple(_broken(manifest, {one.index: one for one in outputs}))


def breaks_a_rule(manifest: Document) -> bool:
    """Whether any of its files does not keep a technical rule of its channel. Raises MalformedAnswer."""
    return any(True for _ in _not_kept(manifest))


def doubts_of(manifest: Document, outputs: Sequence[Output]) -> tuple[str, ...]:
    """The rules that are not kept, the operations' own doubts, then where a picture's fidelity is beyond its limits."""
    several = len(outputs) > 1
    rules = [f"{one.name}: {one}" if several else str(one) for one in broken_rules_of(manifest, outputs)]
    operations = take_optional(manifest, "operations", list) or []
    doubts = tuple(
        f"{take(step, 'op', str)}: {text}"
        for step in map(as_document, operations)
        for text in take_optional(step, "warnings", list) or []
    )
    return (*rules, *doubts, *(reason for reason in _review_reasons(manifest, outputs) if reason not in doubts))


def _broken(manifest: Document, outputs: dict[int, Output]) -> Iterator[BrokenRule]:
    for index, rule in _not_kept(manifest):
        if (output := outputs.get(index)) is not None:
            told = (take(rule, name, str) for name in ("rule", "title", "measured", "required"))
            yield BrokenRule(output.index, _named(output), output.rendition, *told)


def _not_kept(manifest: Document) -> Iterator[tuple[int, Document]]:
    """Each technical rule that a file does not keep, with the file's place among the outputs."""
    for index, entry in enumerate(map(as_document, take_optional(manifest, "outputs", list) or [])):
        checks = take_optional(entry, "checks", dict) or {}
        for rule in map(as_document, take_optional(checks, "rules", list) or []):
            if not take(rule, "passed", bool) and take(rule, "kind", str) == "technical":
                yield index, rule


def _review_reasons(manifest: Document, outputs: Sequence[Output]) -> Iterator[str]:
    told = take_optional(manifest, "review", dict) or {}
    for reason in map(as_document, take_optional(told, "reasons", list) or []):
        if take_optional(reason, "measure", str) == RULE:
            continue
        index, sentence = take_optional(reason, "output", int), take(reason, "sentence", str)
        names = [_named(one) for one in outputs if one.index == index]
        yield f"{names[0]}: {sentence}" if names and len(outputs) > 1 else sentence


def _named(output: Output) -> str:
    return output.name or f"picture {output.index}"
