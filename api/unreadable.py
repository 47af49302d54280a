"""Requests that gunicorn gives up on before the app sees them, answered as problems all the same."""

import json
import re
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from gunicorn.http.errors import (
    ConfigurationProblem,
    InvalidResponseHeader,
    InvalidResponseHeaderName,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
)

from api.envelope import SECURITY_HEADERS
from api.problems import MEDIA_TYPE, STATUSES
from jobs.problems import PROBLEM_TYPES

_OUR_OWN = (ConfigurationProblem, InvalidResponseHeader, InvalidResponseHeaderName)
_NO_MORE: Mapping[str, str] = MappingProxyType({})


def refusal(error: Exception) -> bytes | None:
    """The whole HTTP answer to bytes that are no request as we read it; None for what is not the client's fault."""
    if not isinstance(error, ParseException) or isinstance(error, _OUR_OWN):
        return None
    return raw_answer(*_told(error))


def raw_answer(slug: str, detail: str, more: Mapping[str, str] = _NO_MORE) -> bytes:
    """A problem as the whole HTTP answer, with headers of its own, after which the connection is closed."""
    request_id, status = uuid.uuid4().hex, HTTPStatus(STATUSES[slug])
    document: dict[str, Any] = {
        "type": f"/problems/{slug}",
        "title": PROBLEM_TYPES[slug].title,
        "status": int(status),
        "detail": detail,
        "instance": "",
        "request_id": request_id,
    }
    body = json.dumps(document).encode()
    headers = {
        **SECURITY_HEADERS,
        "Content-Type": MEDIA_TYPE,
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "X-Request-Id": request_id,
        "Connection": "close",
        **more,
    }
    lines = [f"HTTP/1.1 {int(status)} {status.phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + body


def _told(error: Exception) -> tuple[str, str]:
    """The slug and the detail, which repeats nothing of what was sent: that may be a key, or a link's signature."""
    if isinstance(error, LimitRequestLine):
        return "address-too-long", f"the address has {error.size} bytes; allowed are {error.max_size}"
    if isinstance(error, LimitRequestHeaders):
        return (
            "headers-too-large",
            "the headers are too many, or one is too long; allowed are 100, of 8190 bytes each, and 128 kB in all",
        )
    what = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).lower()
    return "malformed-body", f"the request cannot be read as HTTP/1.1: {what}"
