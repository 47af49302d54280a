"""Which of a job's pictures a person should look at, and why.

Fidelity reports are held against limits; a channel's rule that its file breaks, and every warning, are reasons too.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jobs.spec.review import AT_LEAST

_MOVES = frozenset({"crop", "resize", "rotate", "perspective"})

_OWN_STEP = "renditions"
"""A step that no spec names as an operation: its warnings name the channel themselves."""

_SENTENCES = {
    "beyond_light": "the product's colours differ by ΔE2000 {measured} on average beyond the light; allowed: {allowed}",
    "worst_color": "a part of the product has other colours: ΔE2000 {measured} at {box}; allowed: {allowed}",
    "worst_texture": "a part of the product lost {measured:.0%} of its texture at {box}; allowed: {allowed:.0%}",
    "texture_kept": "the product's texture agrees with the photo's by {measured}; needed: {allowed}",
    "sharpness_kept": "the product keeps {measured:.0%} of its sharpness; needed: {allowed:.0%}",
    "unasked_light": "the product's colour was changed although nobody asked: ΔE2000 {measured}; allowed: {allowed}",
    "asked_light": "the new light changed the product's colour much: ΔE2000 {measured}; allowed: {allowed}",
    "missing": "{measured:.1%} of the product are missing; allowed: {allowed:.1%}",
    "added": "{measured:.1%} were added around the product; allowed: {allowed:.1%}",
    "cut_off": "{measured:.1%} of the product lie beyond the picture; allowed: {allowed:.1%}",
}


def review(
    outputs: Sequence[Mapping[str, Any]], operations: Sequence[Mapping[str, Any]], limits: Mapping[str, float]
) -> dict[str, Any]:
    """The manifest's part `review`: `needs_review`, and each reason with its output, measure and sentence.

    Of the `outputs` in their order the facts are looked at that the manifest has as `fidelity` and `checks`;
    `operations` are the manifest's, whose warnings are reasons too. What concerns a job's pictures as a whole has the
    output None.
    """
    reasons = [reason for index, facts in enumerate(outputs) for reason in _reasons(index, facts, limits)]
    reasons += [_warning(step["op"], text) for step in operations for text in step.get("warnings", ())]
    return {"needs_review": bool(reasons), "reasons": reasons}


def measures(report: Mapping[str, Any]) -> dict[str, float]:
    """What of a fidelity report has a limit, by the limit's name; nothing where nothing was compared."""
    if not report.get("compared"):
        return {}
    light, outline, (before, after) = report["light"], report["outline"], report["sharpness"]
    asked = set(report["asked"])
    found = {
        "beyond_light": report["beyond_light"]["mean"],
        "worst_color": report["worst_color"]["value"],
        "worst_texture": report["worst_texture"]["value"],
        "texture_kept": report["texture_kept"],
        "sharpness_kept": round(after / before, 3) if before else 1.0,
        "unasked_light": light["unasked"],
        "asked_light": 0.0 if "recolor" in asked else light["asked"],
        "missing": outline["missing"],
        "added": outline["added"],
        "cut_off": None if asked & _MOVES else outline["cut_off"],
    }
    return {name: value for name, value in found.items() if value is not None}


def _reasons(index: int, facts: Mapping[str, Any], limits: Mapping[str, float]) -> Iterator[dict[str, Any]]:
    yield from _beyond_limits(index, facts.get("fidelity", {}), limits)
    yield from _broken_rules(index, facts.get("checks", {}))


def _broken_rules(index: int, checks: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The technical rules of its channel that a file does not keep; advice is no reason to hold a picture back."""
    for rule in checks.get("rules", ()):
        if rule["passed"] or rule["kind"] != "technical":
            continue
        sentence = f"the channel's rule is not kept: {rule['title']}: {rule['measured']}; required: {rule['required']}"
        reason = {"output": index, "measure": "rule", "measured": None, "allowed": None, "rule": rule["rule"]}
        yield reason | {"sentence": sentence}


def _beyond_limits(index: int, report: Mapping[str, Any], limits: Mapping[str, float]) -> Iterator[dict[str, Any]]:
    for name, measured in measures(report).items():
        allowed = limits[name]
        if measured >= allowed if name in AT_LEAST else measured <= allowed:
            continue
        reason = {"output": index, "measure": name, "measured": measured, "allowed": allowed}
        told: dict[str, Any] = {"measured": measured, "allowed": allowed}
        if name in {"worst_color", "worst_texture"}:
            x, y, width, height = reason["box"] = report[name]["box"]
            told["box"] = f"{width} × {height} px from ({x}, {y})"
        yield reason | {"sentence": _SENTENCES[name].format(**told)}


def _warning(op: str, text: str) -> dict[str, Any]:
    sentence = text if op == _OWN_STEP else f"{op}: {text}"
    return {"output": None, "measure": "warning", "measured": None, "allowed": None, "sentence": sentence}
