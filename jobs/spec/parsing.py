"""From a request's bytes to a spec, or to a problem that points at every mistake."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from jobs.problems import ProblemError
from jobs.spec.job import JobSpec
from jobs.spec.operations import OPERATION_MODELS
from jobs.strict_json import parse_json

_NOT_WORK: Mapping[str, Any] = {
    "external_id": None,
    "metadata": {},
    "priority": "interactive",
    "deadline_s": None,
    "expires_in_s": None,
    "webhook": None,
    "parent": None,
}
_MAX_SIGNATURE = 300

M = TypeVar("M", bound=BaseModel)


def parse_spec(data: bytes) -> JobSpec:
    """Read a spec from a request's bytes.

    Raises ProblemError ``malformed-json`` (see ``strict_json``), or ``invalid-parameter`` whose ``errors`` list every
    mistake as {"pointer": RFC 6901, "detail": text}.
    """
    return validate_spec(parse_json(data))


def validate_spec(document: object) -> JobSpec:
    """Check a JSON value that was already read; raises ProblemError ``invalid-parameter`` as ``parse_spec`` does."""
    return validated(JobSpec, document, "spec")


def validated(kind: type[M], document: object, whole: str) -> M:
    """A JSON value as ``kind``; raises ProblemError ``invalid-parameter`` as ``parse_spec`` does.

    ``whole`` is what the value is called where it is at fault as a whole.
    """
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        mistakes = _mistakes(error)
        detail = "; ".join(f"{item['pointer'] or whole}: {item['detail']}" for item in mistakes[:3])
        raise ProblemError("invalid-parameter", detail, errors=mistakes[:50]) from error


def canonical_body(spec: JobSpec, tenant: str) -> str:
    """SHA-256 (hex) of what a request means: equal for specs that differ only in key order, spacing or defaults."""
    body = json.dumps(spec.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(f"{tenant}\n{body}".encode()).hexdigest()


def work_hash(spec: JobSpec, tenant: str, rules: str = "") -> str:
    """SHA-256 (hex) of what is to be done alone: equal for jobs whose results may stand for each other's.

    ``rules`` is what else decides on the files (``jobs.presets.rules_of``).
    """
    body = canonical_body(spec.model_copy(update=_NOT_WORK), tenant)
    return hashlib.sha256(f"{body}\n{rules}".encode()).hexdigest()


def signature(spec: JobSpec) -> str:
    """What kind of work it is, by the names of its operations and renditions: jobs of one take about as long."""
    operations = "+".join(operation.op for operation in spec.operations)
    return f"{operations}|{'+'.join(spec.renditions)}{'|check' if spec.check else ''}"[:_MAX_SIGNATURE]


def _mistakes(error: ValidationError) -> list[dict[str, str]]:
    items = error.errors(include_url=False)
    # pydantic 2.14 counts a tuple's valid items alone: a wrong item then makes the list "too short" as well
    within = {item["loc"][:length] for item in items for length in range(len(item["loc"]))}
    return [_mistake(item) for item in items if item["type"] != "too_short" or item["loc"] not in within]


def _mistake(item: Mapping[str, Any]) -> dict[str, str]:
    path = [str(step) for step in item["loc"]]
    if path[:1] == ["operations"] and len(path) > 2:
        del path[2]  # pydantic names the union's branch ("resize") after the index: no part of the client's document
    if path[-1:] == ["[key]"]:
        path.pop()  # pydantic's sign for a mistake in the name of the entry itself
    if item["type"].startswith("union_tag"):
        path.append("op")
    if item["type"] == "union_tag_invalid":
        tag = re.sub(r"[^ -~]", "?", str(item["ctx"]["tag"]))[:60]
        message = f"there is no operation {tag!r}; there are {', '.join(OPERATION_MODELS)}"
    else:
        message = f"{_in_json_terms(item['msg'])}{_received(item)}"
    pointer = "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in path)
    return {"pointer": pointer, "detail": message}


def _in_json_terms(message: str) -> str:
    """Pydantic's message for whoever wrote JSON and no Python."""
    told = re.sub(r"a valid dictionary( or instance of \w+)?", "an object", message.removeprefix("Value error, "))
    told = re.sub(r"valid (tuple|list)", "list", told).replace("Tuple", "List").replace(" after validation", "")
    return told.replace("Extra inputs are not permitted", "there is no such field here")


def _received(item: Mapping[str, Any]) -> str:
    value = item.get("input")
    if item["type"] in {"missing", "extra_forbidden"} or not isinstance(value, str | int | float):
        return ""
    shown = re.sub(r"[^ -~]", "?", str(value))
    return f"; got {shown[:60]!r}"
