"""The problems that a route may answer with: those that it names, and those that follow from what it takes."""

from collections import defaultdict
from http import HTTPStatus
from typing import Any

from api.describe import Description
from api.openapi.headers import answer_headers
from api.problems import MEDIA_TYPE, STATUSES
from jobs.problems import PROBLEM_TYPES

_KEYED = ("unauthorized", "key-revoked", "rate-limited")
_BODY = ("body-too-large", "malformed-body", "unsupported-media-type", "invalid-parameter")
_IDEMPOTENT = ("bad-idempotency-key", "idempotency-mismatch", "idempotency-in-flight")
_ALWAYS = ("unavailable", "internal")

Schema = dict[str, Any]


def problems_of(description: Description, *, has_path: bool) -> dict[int, tuple[str, ...]]:
    """The slugs by their status, both in the order in which a reader looks for them."""
    slugs = list(description.problems)
    if description.access != "none":
        slugs += [*_KEYED, *(["forbidden"] if description.scope else [])]
    if description.body is not None or description.bodies:
        slugs += _BODY
    if description.body is not None:
        slugs += ["malformed-json"]
    if description.query is not None:
        slugs += ["invalid-parameter", "address-too-long"]
    if "Idempotency-Key" in description.headers:
        slugs += _IDEMPOTENT
    if has_path:
        slugs += ["not-found"]
    by_status: dict[int, list[str]] = defaultdict(list)
    for slug in PROBLEM_TYPES:
        if slug in slugs or slug in _ALWAYS:
            by_status[int(STATUSES[slug])].append(slug)
    return {status: tuple(found) for status, found in sorted(by_status.items())}


def answer_of(status: int, slugs: tuple[str, ...], *, keyed: bool) -> Schema:
    """The answer of one status, with an example for each problem that has it."""
    headers = {}
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        headers["Retry-After"] = ""
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = ""
    shown = answer_headers(headers, keyed=keyed and status == HTTPStatus.TOO_MANY_REQUESTS)
    for name in headers:
        shown[name]["required"] = True
    return {
        "description": "; ".join(f"[`{slug}`](/problems/{slug}): {PROBLEM_TYPES[slug].title}" for slug in slugs),
        "headers": shown,
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {slug: {"value": example_of(slug)} for slug in slugs},
            }
        },
    }


def example_of(slug: str) -> Schema:
    """A problem as it arrives."""
    return {
        "type": f"/problems/{slug}",
        "title": PROBLEM_TYPES[slug].title,
        "status": int(STATUSES[slug]),
        "detail": "what is wrong with this very request, with the value received and those allowed",
        "instance": "/v1/jobs",
        "request_id": "0b6f1c2e9d3a4f5b8c7d6e5f4a3b2c1d",
    }
