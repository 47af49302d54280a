"""Pages of other origins: which of them browsers let talk to ``/v1``, and what they may send and read (Fetch, CORS).

Never with credentials: what a page may do hangs on the upload token that it sends, never on a cookie.
"""

from flask import Flask, Response, request

from api.services import services

ALLOWED_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
ALLOWED_HEADERS = (
    *("Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "Last-Event-ID", "Prefer"),
    *("X-Api-Key", "X-Request-Id"),
)
EXPOSED_HEADERS = (
    *("Content-Disposition", "ETag", "Idempotency-Replayed", "Location", "Preference-Applied", "Retry-After"),
    *("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "RateLimit-Policy", "Repr-Digest", "X-Request-Id"),
)
MAX_AGE_S = 7200  # the longest that Chromium keeps a preflight
PATHS = "/v1/"
PICTURES = frozenset({"/v1/jobs/<job_id>/outputs/<index>", "/v1/uploads/<upload_id>/content"})
"""The routes whose answers a page shows as pictures."""


def share_across_origins(app: Flask) -> None:
    """Answer preflights, and say in every answer of ``/v1`` who may read it; without allowed origins, nothing.

    Call it after ``wrap_answers``, whose headers hold where this sets none.
    """
    app.before_request(_answer_preflight)
    app.after_request(_share)


def _answer_preflight() -> Response | None:
    asked = request.headers.get("Access-Control-Request-Method")
    if request.method != "OPTIONS" or asked is None or not _is_shared() or _allowed_origin() is None:
        return None
    answer = Response(status=204)
    answer.headers["Access-Control-Allow-Methods"] = ALLOWED_METHODS
    answer.headers["Access-Control-Allow-Headers"] = ", ".join(ALLOWED_HEADERS)
    answer.headers["Access-Control-Max-Age"] = str(MAX_AGE_S)
    return answer


def _share(response: Response) -> Response:
    if not _is_shared():
        return response
    origin = _allowed_origin()
    if services().settings.cors_origins != "*":
        response.vary.add("Origin")
    if origin is not None:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = ", ".join(EXPOSED_HEADERS)
    if request.url_rule is not None and request.url_rule.rule in PICTURES:
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _is_shared() -> bool:
    return bool(services().settings.cors_origins) and request.path.startswith(PATHS)


def _allowed_origin() -> str | None:
    """What to answer the request's origin with, None where it is not allowed, or there is none."""
    settings, origin = services().settings, request.headers.get("Origin")
    if origin is None or not settings.allows_origin(origin):
        return None
    return "*" if settings.cors_origins == "*" else origin
