"""One row laid over what all have in common: a job's spec, or every fault, told in the row's own terms."""

from collections.abc import Callable, Mapping
from typing import Any

from jobs.batches.cells import SHORT_FIELDS, read_operations, split_colors, split_names
from jobs.batches.manifests import Row, RowFault
from jobs.problems import ProblemError
from jobs.spec import JobSpec, validate_spec

Accept = Callable[[JobSpec], object]
"""Looks at a spec once more, and raises ProblemError for what this service does not do."""

_PHOTO = frozenset({"upload", "url", "input"})
_SAME = (_PHOTO, frozenset({"preset", "renditions"}), frozenset({"sku", "external_id"}))
_HOLDS_PATHS = (
    "the column {column!r} holds paths, which the server cannot read: upload each photo, then name its id in a column "
    "'upload'"
)
_PLACEHOLDER = {"input": {"upload": "sha256:" + 64 * "0"}}


def read_row(row: Row, defaults: Mapping[str, Any], accept: Accept) -> tuple[JobSpec | None, tuple[RowFault, ...]]:
    """The row's spec, or None and why. What the row says itself wins over the default of that name."""
    if row.faults:
        return None, row.faults
    fields = _laid_over(row.fields, defaults)
    spec, mistakes = _spec(fields, accept)
    if row.paths_column is not None and not _PHOTO & set(fields):
        told = _HOLDS_PATHS.format(column=row.paths_column)
        mistakes = [(place, told if place == "/upload" else detail) for place, detail in mistakes]
    return spec, tuple(row.fault(detail, place) for place, detail in mistakes)


def check_defaults(defaults: Mapping[str, Any], accept: Accept) -> tuple[RowFault, ...]:
    """What is wrong with the defaults themselves, told once rather than with every row."""
    fields = _laid_over(defaults, {})
    if not _PHOTO & set(fields):
        fields |= _PLACEHOLDER
    if not {"operations", "renditions", "preset", "color"} & set(fields):
        fields["operations"] = [{"op": "restore"}]
    _, mistakes = _spec(fields, accept)
    own = [(place, detail) for place, detail in mistakes if place.strip("/").partition("/")[0] in {"", *defaults}]
    return tuple(RowFault(0, detail, f"/defaults{place}") for place, detail in own)


def _spec(fields: Mapping[str, Any], accept: Accept) -> tuple[JobSpec | None, list[tuple[str, str]]]:
    """The spec, or each mistake: where the row says it, and what is wrong."""
    document: dict[str, Any] = {}
    try:
        document = _document(fields)
        spec = validate_spec(document)
        accept(spec)
    except ValueError as error:
        return None, [("", str(error))]
    except ProblemError as error:
        problem = error.problem
        whole = {"pointer": "/input/url" if problem.type == "url-forbidden" else "", "detail": problem.detail}
        mistakes = problem.extra.get("errors", [whole])
        return None, [(_place(item["pointer"], fields, document), item["detail"]) for item in mistakes]
    return spec, []


def _laid_over(fields: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The defaults with the row's fields in their place; ``upload`` also takes the place of ``url``, and so on.

    A null says nothing: the default holds.
    """
    own = {name: value for name, value in fields.items() if value is not None}
    replaced = set(own).union(*(names for names in _SAME if names & set(own)))
    return {name: value for name, value in defaults.items() if name not in replaced and value is not None} | own


def _document(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The spec's JSON, short fields spelt out. Raises ValueError or ProblemError for what contradicts itself."""
    if "webhook" in fields:
        detail = "a row has no webhook of its own; give one to the whole batch, which hears of every row's job"
        raise ProblemError("invalid-parameter", detail, errors=[{"pointer": "/webhook", "detail": detail}])
    document = {"priority": "bulk"} | {name: value for name, value in fields.items() if name not in SHORT_FIELDS}
    if "sku" in fields:
        _put(document, "external_id", fields["sku"], "sku")
    if photo := {name: fields[name] for name in ("upload", "url") if name in fields}:
        _put(document, "input", photo, "upload or url")
    if "preset" in fields:
        preset = fields["preset"]
        _put(document, "renditions", split_names(preset) if isinstance(preset, str) else preset, "preset")
    operations = document.get("operations", [])
    if isinstance(operations, str):
        operations = read_operations(operations)
    if "color" in fields:
        operations = [{"op": "auto"}] if operations == "auto" else operations
        operations = [*operations, _recolor(fields["color"])] if isinstance(operations, list) else operations
    if operations or "operations" in document:
        document["operations"] = operations
    return document


def _put(document: dict[str, Any], name: str, value: Any, short: str) -> None:
    if name in document:
        raise ValueError(f"{short} and {name} say the same thing; give one of them")
    document[name] = value


def _recolor(color: Any) -> dict[str, Any]:
    colors = split_colors(color) if isinstance(color, str) else color
    if isinstance(colors, list) and len(colors) > 1:
        return {"op": "recolor", "colors": colors}
    return {"op": "recolor", "color": colors[0] if isinstance(colors, list) and colors else color}


def _place(pointer: str, fields: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    """Where the row says what stands at this place of the spec that it makes."""
    first, _, rest = pointer.strip("/").partition("/")
    if first == "input" and "input" not in fields:
        return f"/{rest}" if rest in fields else "/url" if "url" in fields and "upload" not in fields else "/upload"
    if first == "renditions" and "preset" in fields:
        return "/preset"
    if first == "external_id" and "sku" in fields:
        return "/sku"
    operations = document.get("operations")
    if first == "operations" and "color" in fields and isinstance(operations, list):
        return "/color" if rest.partition("/")[0] == str(len(operations) - 1) else pointer
    return pointer
