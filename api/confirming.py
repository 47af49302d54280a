"""An answer that says "done" waits until enough replicas of Redis have what was done, where that is asked for.

One place for all routes: whatever a request changed, it was written before its answer comes by here.
"""

import structlog
from flask import Flask, Response, request
from redis.exceptions import RedisError

from api.problems import RETRY_AFTER_S, problem_response
from api.services import services
from jobs.errors import NotConfirmed
from jobs.problems import make_problem

WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})

log = structlog.get_logger("api")


def confirm_writes(app: Flask) -> None:
    """From now on what changes something is answered once ``PACKSHOT_WAIT_REPLICAS`` have it, or else with 503."""
    app.after_request(_confirm)


def _confirm(response: Response) -> Response:
    if request.method not in WRITING or not response.status_code < 400:
        return response
    try:
        services().store.confirm()
    except (NotConfirmed, RedisError) as error:
        log.warning("not confirmed", error=str(error))
        return _unconfirmed(response, error)
    return response


def _unconfirmed(response: Response, error: Exception) -> Response:
    """The request was carried out and its effect may be lost with a machine: neither "done" nor "nothing happened"."""
    why = str(error) if isinstance(error, NotConfirmed) else "the job store does not answer any more"
    detail = f"done, but not safe yet: {why}; send it again in {RETRY_AFTER_S} s, with the same Idempotency-Key if any"
    document = response.get_json(silent=True) if response.is_json else None
    made = document.get("id") if isinstance(document, dict) else None
    extra = {"made": made} if isinstance(made, str) else {}
    return problem_response(make_problem("unavailable", detail, **extra))
