"""Performs a call's steps by blocking, over one HTTP connection pool to one server."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import Any, TypeVar

import httpx

from packshot.flows.steps import (
    ANSWER_S,
    Feed,
    Item,
    Open,
    Pause,
    Read,
    Request,
    Send,
    Step,
    Steps,
    Tell,
    Together,
    Work,
    as_feed,
)
from packshot.locating import Server
from packshot.retries import RetryPolicy
from packshot.wire import CONNECT_S, HEADERS, Wire, is_fine, is_loopback, named

T = TypeVar("T")


class Transport(Wire):
    """Thread-safe: many threads may run calls at once."""

    def __init__(self, server: Server, policy: RetryPolicy, *, http: httpx.BaseTransport | None = None) -> None:
        super().__init__(server, policy)
        self._http = httpx.Client(
            transport=http,
            timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S),
            headers=HEADERS,
            trust_env=not is_loopback(server.url),  # a proxy cannot reach this machine's own loopback
        )

    def close(self) -> None:
        """Closes the pool; the transport cannot be used after it."""
        self._http.close()

    def run(self, steps: Steps[T]) -> T:
        """What the call returns."""
        for result in self.iterate(as_feed(steps)):
            return result
        raise AssertionError("a call has one result")

    def iterate(self, feed: Feed[T]) -> Iterator[T]:
        """The feed's items; what it has open is closed when the loop over them is left."""
        turn: Callable[[], Step | Item[T]] = partial(feed.send, None)
        with _Performer(self, self._http) as performer:
            while True:
                try:
                    step = turn()
                except StopIteration:
                    return
                if isinstance(step, Item):
                    yield step.value
                    turn = partial(feed.send, None)
                    continue
                try:
                    turn = partial(feed.send, performer.perform(step))
                except BaseException as error:  # noqa: BLE001  the call has the first say, also in what Ctrl-C does
                    turn = partial(feed.throw, error)


class _Performer:
    """Performs the steps of one call; holds the answer that it has open."""

    def __init__(self, transport: Transport, http: httpx.Client) -> None:
        self._transport = transport
        self._http = http
        self._open: httpx.Response | None = None
        self._chunks: Iterator[bytes] = iter(())
        self._asked = ""

    def __enter__(self) -> "_Performer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def perform(self, step: Step) -> Any:
        match step:
            case Send(request):
                with self._transport.translated(named(request)):
                    answer = self._http.request(**self._transport.options(request))
                return self._transport.accepted(answer)
            case Open(request):
                return self._opened(request)
            case Read():
                with self._transport.translated(self._asked):
                    return next(self._chunks, b"")
            case Pause(seconds):
                return self._transport.policy.sleep(seconds)
            case Work(call):
                return call()
            case Tell(listener, value):
                return listener(value)
            case Together(calls, at_once):
                with ThreadPoolExecutor(at_once, thread_name_prefix="packshot") as pool:
                    return list(pool.map(lambda call: self._transport.run(call()), calls))

    def _opened(self, request: Request) -> httpx.Response:
        self._close()
        self._asked = named(request)
        with self._transport.translated(self._asked):
            options = self._transport.options(request)
            self._open = self._http.send(self._http.build_request(**options), stream=True)
            if not is_fine(self._open):
                self._open.read()
        self._chunks = self._open.iter_bytes()
        return self._transport.accepted(self._open)

    def _close(self) -> None:
        if self._open is not None:
            self._open.close()
        self._open = None
