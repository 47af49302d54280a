"""The API's own figures, and ``GET /metrics`` for an operator's key; ``jobs/metrics`` has the port without a key."""

import json
import time
from http import HTTPStatus

from flask import Blueprint, Flask, Response, g, request
from flask.typing import ResponseReturnValue

from api.access import requires
from api.descriptions import metrics as described
from api.queries import NoQuery, read_query
from api.services import services
from jobs.metrics.exposition import expose
from jobs.metrics.meters import bounded
from jobs.problems import PROBLEM_TYPES

metrics = Blueprint("metrics", __name__)

NO_ROUTE = "(none)"
"""The route of paths that lead nowhere: whatever strangers ask for is one row."""

_SUBMITTING = {"/v1/jobs", "/v1/batches"}


@metrics.get("/metrics")
@described.METRICS
@requires("operator")
def read_metrics() -> ResponseReturnValue:
    """What Prometheus reads: the queue's figures and this process' own, in its text format, or as OpenMetrics to who
    asks for that. Several API processes tell the same of the queue: take the largest, not the sum.
    """
    read_query(NoQuery)
    body, content_type = expose(services().metrics.registry, request.headers.get("Accept", ""))
    answer = Response(body, content_type=content_type)
    answer.vary.add("Accept")
    return answer


def count_answers(app: Flask) -> None:
    """Count every answer that a route or an error handler gives."""
    app.before_request(_begin)
    app.after_request(_count)


def _begin() -> None:
    g.metrics_began = time.monotonic()


def _count(response: Response) -> Response:
    route = request.url_rule.rule if request.url_rule is not None else NO_ROUTE
    counted = services().metrics
    counted.answered(route, request.method, response.status_code, time.monotonic() - g.metrics_began)
    if request.method == "POST" and route in _SUBMITTING:
        counted.submitted(_answer_to_submission(response))
    return response


def _answer_to_submission(response: Response) -> str:
    """``accepted``, ``replayed``, ``validated`` (nothing was stored), or the problem's slug."""
    if response.content_type == "application/problem+json":
        slug = str(json.loads(response.get_data())["type"]).rpartition("/")[2]
        return bounded(slug, PROBLEM_TYPES)
    if response.headers.get("Idempotency-Replayed") == "true":
        return "replayed"
    return "accepted" if "Location" in response.headers or response.status_code != HTTPStatus.OK else "validated"
