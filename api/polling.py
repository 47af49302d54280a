"""How a poll of a job or a batch is answered: at once or after a wait, whole or as 304."""

from collections.abc import Callable
from typing import Any

from flask import make_response, request
from flask.typing import ResponseReturnValue

from api.services import services
from api.views import seen_version
from jobs.waiting import Goal, V, Waiter

POLL_AGAIN_S = "1"


def waited_for(view: V, wait: Callable[[Goal, Waiter], V | None], wait_s: float) -> V | None:
    """The view, or what it is after a wait of at most ``wait_s``; None where it is gone by then.

    With If-None-Match any change ends the wait, else the end alone. Where too many wait, nobody waits any more.
    """
    if wait_s == 0 or view.state.is_terminal:
        return view
    etags = request.if_none_match.as_set(include_weak=True)
    goal = Goal(until_terminal=not etags, seen_version=seen_version(etags))
    with services().long_polls.waiting(wait_s) as waiter:
        return wait(goal, waiter) if waiter else view


def poll_answer(document: dict[str, Any], etag: str, *, ended: bool) -> ResponseReturnValue:
    """The document with its ETag, or 304; what has not ended says when to ask again."""
    answer = make_response(document)
    answer.set_etag(etag)
    answer.headers["Cache-Control"] = "private, no-cache"
    if not ended:
        answer.headers["Retry-After"] = POLL_AGAIN_S
    return answer.make_conditional(request)
