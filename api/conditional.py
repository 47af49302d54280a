"""Requests for what the client may have already: 304 where it has it, 412 where it wants only another state of it."""

from http import HTTPStatus

from flask import Response, request

from jobs.problems import ProblemError

_SHOWN = 200


def conditional(answer: Response) -> Response:
    """The answer, or 304 (If-None-Match, If-Modified-Since). Raises ProblemError precondition-failed (If-Match).

    Werkzeug (3.1) gives a failed If-Match its status and the whole body all the same, and takes ``*`` for an ETag.
    """
    etag, _ = answer.get_etag()
    if etag and request.if_match and not request.if_match.contains(etag):
        wanted = request.headers.get("If-Match", "")[:_SHOWN]
        raise ProblemError("precondition-failed", f'If-Match wants {wanted}; the ETag is "{etag}"')
    environ = {name: value for name, value in request.environ.items() if name != "HTTP_IF_MATCH"}
    answer.make_conditional(environ)
    return answer


def is_wanted(answer: Response) -> bool:
    """Whether a body goes with the answer, rather than its head alone."""
    return request.method != "HEAD" and answer.status_code == HTTPStatus.OK
