"""Problems as HTTP answers (RFC 9457): the only place that knows which status a problem has."""

import errno
from functools import partial
from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, Response, json, request
from redis.exceptions import RedisError
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from api.envelope import request_id
from api.outages import Outages
from api.strange_paths import no_such_path, wrong_method
from jobs.connection import is_unavailable
from jobs.errors import BlobError
from jobs.problems import Problem, ProblemError, make_problem

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 5

STATUSES = {
    "unauthorized": HTTPStatus.UNAUTHORIZED,
    "key-revoked": HTTPStatus.UNAUTHORIZED,
    "forbidden": HTTPStatus.FORBIDDEN,
    "not-found": HTTPStatus.NOT_FOUND,
    "bad-signature": HTTPStatus.FORBIDDEN,
    "link-expired": HTTPStatus.FORBIDDEN,
    "not-ready": HTTPStatus.CONFLICT,
    "no-result": HTTPStatus.CONFLICT,
    "expired": HTTPStatus.GONE,
    "already-terminal": HTTPStatus.CONFLICT,
    "in-use": HTTPStatus.CONFLICT,
    "being-erased": HTTPStatus.CONFLICT,
    "upload-gone": HTTPStatus.CONFLICT,
    "gave-up": HTTPStatus.INTERNAL_SERVER_ERROR,
    "deadline-exceeded": HTTPStatus.GATEWAY_TIMEOUT,
    "body-too-large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "address-too-long": HTTPStatus.REQUEST_URI_TOO_LONG,
    "headers-too-large": HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    "too-many-parts": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "malformed-body": HTTPStatus.BAD_REQUEST,
    "missing-image": HTTPStatus.BAD_REQUEST,
    "duplicate-part": HTTPStatus.BAD_REQUEST,
    "malformed-json": HTTPStatus.BAD_REQUEST,
    "precondition-failed": HTTPStatus.PRECONDITION_FAILED,
    "unsupported-media-type": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "method-not-allowed": HTTPStatus.METHOD_NOT_ALLOWED,
    "invalid-parameter": HTTPStatus.UNPROCESSABLE_ENTITY,
    "unknown-model": HTTPStatus.UNPROCESSABLE_ENTITY,
    "bad-idempotency-key": HTTPStatus.BAD_REQUEST,
    "idempotency-mismatch": HTTPStatus.UNPROCESSABLE_ENTITY,
    "idempotency-in-flight": HTTPStatus.CONFLICT,
    "image-empty": HTTPStatus.UNPROCESSABLE_ENTITY,
    "unsupported-image": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "type-mismatch": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "image-animated": HTTPStatus.UNPROCESSABLE_ENTITY,
    "image-dimensions": HTTPStatus.UNPROCESSABLE_ENTITY,
    "image-corrupt": HTTPStatus.UNPROCESSABLE_ENTITY,
    "no-product-found": HTTPStatus.UNPROCESSABLE_ENTITY,
    "output-dimensions": HTTPStatus.UNPROCESSABLE_ENTITY,
    "url-forbidden": HTTPStatus.UNPROCESSABLE_ENTITY,
    "fetch-failed": HTTPStatus.UNPROCESSABLE_ENTITY,
    "webhook-url-forbidden": HTTPStatus.UNPROCESSABLE_ENTITY,
    "rate-limited": HTTPStatus.TOO_MANY_REQUESTS,
    "overloaded": HTTPStatus.SERVICE_UNAVAILABLE,
    "unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "storage": HTTPStatus.SERVICE_UNAVAILABLE,
    "processing-failed": HTTPStatus.INTERNAL_SERVER_ERROR,
    "internal": HTTPStatus.INTERNAL_SERVER_ERROR,
}

_BY_STATUS = {
    HTTPStatus.NOT_FOUND: "not-found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method-not-allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "body-too-large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "unsupported-media-type",
}
_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.EDQUOT, errno.ENOMEM})

log = structlog.get_logger("api")


def problem_document(problem: Problem) -> dict[str, Any]:
    """The problem's JSON members: ``type`` as a URI reference, ``title``, ``status``, ``detail`` and its extras."""
    members = {name: value for name, value in problem.to_json().items() if name != "retry_after_s"}
    return {**members, "type": f"/problems/{problem.type}", "status": STATUSES[problem.type].value}


def problem_response(problem: Problem) -> Response:
    """The answer to the current request; 429 and 503 say when to come back, 401 how to show a key."""
    status = STATUSES[problem.type]
    document = {**problem_document(problem), "instance": request.path, "request_id": request_id()}
    response = Response(json.dumps(document), status, content_type=MEDIA_TYPE)
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        response.headers["Retry-After"] = str(problem.extra.get("retry_after_s", RETRY_AFTER_S))
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="packshot"'
    return response


def answer_with_problems(app: Flask) -> None:
    """From now on every exception in a route becomes a problem; what is our own fault is logged, never shown."""
    app.register_error_handler(ProblemError, lambda error: problem_response(error.problem))
    app.register_error_handler(HTTPException, _from_http)
    outages = Outages()
    app.register_error_handler(RedisError, partial(_from_redis, outages))
    app.register_error_handler(BlobError, partial(_from_blobs, outages))
    app.register_error_handler(OSError, partial(_from_system, outages))
    app.register_error_handler(Exception, _internal)


def _from_http(error: HTTPException) -> Response:
    code = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    if code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _internal(error)
    slug = _BY_STATUS.get(HTTPStatus(code), "malformed-body")
    response = problem_response(make_problem(slug, _told(error)))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def _told(error: HTTPException) -> str:
    """Our own words where a path or a method is wrong; Werkzeug's for the rest."""
    if isinstance(error, MethodNotAllowed):
        return wrong_method(error)
    if isinstance(error, NotFound) and request.url_rule is None:
        return no_such_path()
    return error.description or "the request cannot be answered"


def _from_redis(outages: Outages, error: RedisError) -> Response:
    if not is_unavailable(error):
        return _internal(error)
    return _unavailable(outages, "the job store does not answer", error)


def _from_blobs(outages: Outages, error: BlobError) -> Response:
    return _unavailable(outages, "the photo store does not answer", error)


def _from_system(outages: Outages, error: OSError) -> Response:
    if error.errno not in _EXHAUSTED:
        return _internal(error)
    return _unavailable(outages, "this server is out of resources", error)


def _unavailable(outages: Outages, detail: str, error: Exception) -> Response:
    outages.tell(detail, error)
    return problem_response(make_problem("unavailable", f"{detail}; try again in {RETRY_AFTER_S} s"))


def _internal(error: Exception) -> Response:
    log.error("unhandled", exc_info=error)
    return problem_response(make_problem("internal", "the request failed; its id helps the operator to find out why"))
