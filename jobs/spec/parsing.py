"""From a request's bytes to a spec, or to a problem that points at every mistake."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from jobs.problems import ProblemError
from jobs.spec.job import JobSpec
from jobs.spec.mistakes import mistakes_of
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
    mistake, up to ``MAX_TOLD``, as {"pointer": RFC 6901, "detail": text}.
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
        mistakes = mistakes_of(kind, error)
        detail = "; ".join(f"{item['pointer'] or whole}: {item['detail']}" for item in mistakes[:3])
        raise ProblemError("invalid-parameter", detail, errors=mistakes) from error


def canonical_body(spec: JobSpec, tenant: str) -> str:
    """SHA-256 (hex) of what a request means: equal for specs that differ only in key order, spacing or defaults."""
    document = spec.model_dump(mode="json")
    if spec.needs is None:  # or every key and work of before this field was there would be another
        del document["needs"]
    body = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
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
