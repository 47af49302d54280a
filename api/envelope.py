"""What every answer carries whatever its route: a request id, security headers, and one line in the log."""

import re
import time
import uuid

import structlog
from flask import Flask, Response, g, request

from api.client_sockets import ClientSocket
from api.leftovers import close_behind_leftovers
from api.services import services
from jobs.tokens import is_job_id

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-site",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
}
HTTPS_ALONE = "max-age=31536000"  # a year; told where the operator's public address is https
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")

log = structlog.get_logger("api.access")


def request_id() -> str:
    """The current request's id: the client's own ``X-Request-Id`` where it is usable, else a fresh one."""
    if "request_id" not in g:
        told = request.headers.get("X-Request-Id", "")
        g.request_id = told if REQUEST_ID.fullmatch(told) else uuid.uuid4().hex
    return str(g.request_id)


def wrap_answers(app: Flask) -> None:
    """Give every request an id, and every answer its headers and its line in the log."""
    app.before_request(_open)
    app.after_request(_close)


def _open() -> None:
    g.started = time.monotonic()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id(), **_named())


def _named() -> dict[str, str]:
    """The job that the path names, whosever it is, if it can be one."""
    job_id = str((request.view_args or {}).get("job_id", ""))
    return {"job": job_id} if is_job_id(job_id) else {}


def _close(response: Response) -> Response:
    close_behind_leftovers()
    client = request.environ.get("gunicorn.socket")
    if isinstance(client, ClientSocket):
        client.note_whose()
    response.headers["X-Request-Id"] = request_id()
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    if services().settings.public_url.startswith("https://"):
        response.headers["Strict-Transport-Security"] = HTTPS_ALONE
    log.info(
        "request",
        method=request.method,
        path=request.path,  # never the query: it may hold a link's signature
        status=response.status_code,
        ms=round((time.monotonic() - g.started) * 1000, 1),
        tenant=g.get("tenant"),
    )
    return response
