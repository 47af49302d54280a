"""How a poll of a job or a batch is answered: at once or after a wait, whole or as 304."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Generic

from flask import Response, make_response, request

from api.prefer import wait_wish
from api.queries import PollQuery
from api.services import services
from api.views import seen_version
from jobs.batches.records import BatchView
from jobs.records import JobView
from jobs.waiting import Goal, V, Waiter

POLL_AGAIN_S = "1"


class Wait(Generic[V]):
    """What the current request wishes to wait for, as its query or its header Prefer says.

    ``wait`` looks, as long as the waiter lasts, until the goal is reached, and gives the last that it saw.
    """

    def __init__(self, query: PollQuery, wait: Callable[[Goal, Waiter], V | None]) -> None:
        self._wish = wait_wish(query)
        self._wait = wait
        self._honoured = True

    @property
    def is_wished(self) -> bool:
        """Whether to wait at all."""
        return self._wish.seconds > 0

    def after(self, view: V | None) -> V | None:
        """The view, or what it is after the wait; None where it is gone by then, or was not looked at and nobody waits.

        A poll that shows what it has (If-None-Match) waits for any change, everybody else for the end. Where too many
        wait already, nobody waits any more.
        """
        if not self.is_wished or (view is not None and view.state.is_terminal):
            return view
        etags = request.if_none_match.as_set(include_weak=True) if request.method != "POST" else set()
        with services().long_polls.waiting(self._wish.seconds) as waiter:
            if waiter is None:
                self._honoured = False
                return view
            return self._wait(Goal(until_terminal=not etags, seen_version=seen_version(etags)), waiter)

    def told(self, answer: Response) -> Response:
        """The answer, with the preference that was followed."""
        return self._wish.told(answer, honoured=self._honoured)


def poll_answer(view: JobView | BatchView, render: Callable[[], dict[str, Any]], etag: str) -> Response:
    """The document of that job or batch with its ETag, or 304, for which it is not rendered.

    What has not ended says when to ask again. The ETag is a weak one: estimates go on between two changes.
    """
    if request.method in {"GET", "HEAD"} and request.if_none_match.contains_weak(etag):
        answer = Response(status=HTTPStatus.NOT_MODIFIED)
    elif view.state.is_terminal:  # then its ETag and the address say it all, and many may have waited for it
        body = services().renderings.of((request.scheme, request.host, view.tenant, view.id, etag), render)
        answer = Response(body, content_type="application/json")
    else:
        answer = make_response(render())
        answer.headers["Retry-After"] = POLL_AGAIN_S
    answer.set_etag(etag, weak=True)
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer
