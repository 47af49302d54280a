"""Requests that gunicorn gives up on before the app sees them, answered as problems all the same."""

import json
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from gunicorn.http.errors import LimitRequestLine

from api.envelope import SECURITY_HEADERS
from api.problems import MEDIA_TYPE, STATUSES
from jobs.problems import PROBLEM_TYPES

_SLUG = "address-too-long"
_NO_MORE: Mapping[str, str] = MappingProxyType({})


def refusal(error: Exception) -> bytes | None:
    """The whole HTTP answer to a request line that is too long; None for what gunicorn may answer itself."""
    if not isinstance(error, LimitRequestLine):
        return None
    return raw_answer(_SLUG, f"the address has {error.size} bytes; allowed are {error.max_size}")


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
