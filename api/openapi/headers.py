"""Headers by name: those that requests carry parameters in, and those of answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

Schema = dict[str, Any]

_NUMBER: Schema = {"type": "integer", "minimum": 0}
_TEXT: Schema = {"type": "string"}


@dataclass(frozen=True)
class Header:
    """What a header says, and in which form. ``always``: an answer that names it never lacks it."""

    text: str
    schema: Schema
    always: bool = True


REQUEST_HEADERS: Mapping[str, Header] = MappingProxyType(
    {
        "Idempotency-Key": Header(
            "Your own name for this request, such as `order-1842`. Sent again with the same body, it is done once.",
            {"type": "string", "pattern": "^[!-~]{1,255}$"},
        ),
        "Prefer": Header(
            "`wait=N` holds the answer for up to N seconds, until the job has ended (RFC 7240).",
            {"type": "string", "examples": ["wait=20"]},
        ),
        "If-None-Match": Header(
            "The `ETag` of what you have: 304 while it is still so. With a wait, any change ends the wait.",
            {"type": "string", "examples": ['"3-q1"']},
        ),
        "Last-Event-ID": Header("The id of the last event that arrived: nothing since is missed.", _TEXT),
    }
)

ANSWER_HEADERS: Mapping[str, Header] = MappingProxyType(
    {
        "X-Request-Id": Header("The request's id, your own where you sent a usable one. The log has it.", _TEXT),
        "ETag": Header("Names this state of what was answered.", _TEXT),
        "Location": Header("Where to find what was made.", {"type": "string", "format": "uri"}),
        "Retry-After": Header("Seconds after which to ask again.", _NUMBER, always=False),
        "Idempotency-Replayed": Header("`true`: this was done at an earlier request.", {"const": "true"}, always=False),
        "Preference-Applied": Header("The preference that was followed.", _TEXT, always=False),
        "Repr-Digest": Header("The bytes' SHA-256 in Base64: `sha-256=:…:` (RFC 9530).", _TEXT),
        "Content-Disposition": Header("A name for the file.", _TEXT),
        "Cache-Control": Header("How long the answer may be kept, and by whom.", _TEXT),
        "WWW-Authenticate": Header("How to show a key.", _TEXT),
        "RateLimit-Limit": Header("How many requests the key has in a window.", _NUMBER, always=False),
        "RateLimit-Remaining": Header("How many of them are left.", _NUMBER, always=False),
        "RateLimit-Reset": Header("Seconds until the window is over.", _NUMBER, always=False),
        "RateLimit-Policy": Header("The limit and its window, `60;w=60`.", _TEXT, always=False),
    }
)

RATE_HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "RateLimit-Policy")


def answer_headers(named: Mapping[str, str], *, keyed: bool) -> Schema:
    """The headers of one answer: those named, with their own words where they have some, and what every answer has."""
    told = {"X-Request-Id": "", **named, **(dict.fromkeys(RATE_HEADERS, "") if keyed else {})}
    return {name: _shown(ANSWER_HEADERS[name], text) for name, text in told.items()}


def request_headers(names: tuple[str, ...]) -> list[Schema]:
    """The parameters that a request carries in headers; none has to be there."""
    return [
        {
            "name": name,
            "in": "header",
            "description": REQUEST_HEADERS[name].text,
            "schema": REQUEST_HEADERS[name].schema,
        }
        for name in names
    ]


def _shown(header: Header, text: str) -> Schema:
    return {"description": text or header.text, "required": header.always, "schema": header.schema}
