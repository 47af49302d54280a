"""What a job's manifest tells of operations that had nothing to do: no fault, but nobody would see it otherwise."""

from packshot.reading import Document, as_document, take_optional

LIGHT_LEFT = "light left as it was"
NOISE_LEFT = "nothing to restore"
_LEAST_CHANGE = 1.0  # of 255, in the mean: less is seen by nobody


def remarks_of(manifest: Document) -> tuple[str, ...]:
    """Each remark once. Raises MalformedAnswer."""
    found: dict[str, None] = {}
    for step in map(as_document, take_optional(manifest, "operations", list) or []):
        findings = take_optional(step, "findings", dict) or {}
        op, change = take_optional(step, "op", str), take_optional(findings, "mean_change", float)
        if op == "relight" and change is not None and change < _LEAST_CHANGE:  # older workers do not tell it
            found[LIGHT_LEFT] = None
        elif op == "restore" and take_optional(findings, "strength", float) == 0:
            found[NOISE_LEFT] = None
    return tuple(found)
