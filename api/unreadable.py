"""Requests that gunicorn gives up on before the app sees them, answered as problems all the same."""

import json
import uuid
from http import HTTPStatus
from typing import Any

from gunicorn.http.errors import LimitRequestLine

from api.envelope import SECURITY_HEADERS
from api.problems import MEDIA_TYPE, STATUSES
from jobs.problems import PROBLEM_TYPES

_SLUG = "address-too-long"


def refusal(error: Exception) -> bytes | None:
    """The whole HTTP answer to a request line that is too long; None for what gunicorn may answer itself."""
    if not isinstance(error, LimitRequestLine):
        return None
    request_id, status = uuid.uuid4().hex, HTTPStatus(STATUSES[_SLUG])
    document: dict[str, Any] = {
        "type": f"/problems/{_SLUG}",
        "title": PROBLEM_TYPES[_SLUG].title,
        "status": int(status),
        "detail": f"the address has {error.size} bytes; allowed are {error.max_size}",
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
    }
    lines = [f"HTTP/1.1 {int(status)} {status.phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + body
