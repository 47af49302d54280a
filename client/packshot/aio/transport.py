"""Performs a call's steps by awaiting, over one HTTP connection pool to one server."""

import asyncio
import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
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


class AsyncTransport(Wire):
    """For one event loop: many tasks may run calls at once."""

    def __init__(self, server: Server, policy: RetryPolicy, *, http: httpx.AsyncBaseTransport | None = None) -> None:
        super().__init__(server, policy)
        self._http = httpx.AsyncClient(
            transport=http,
            timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S),
            headers=HEADERS,
            trust_env=not is_loopback(server.url),
        )

    async def close(self) -> None:
        """Closes the pool; the transport cannot be used after it."""
        await self._http.aclose()

    async def run(self, steps: Steps[T]) -> T:
        """What the call returns."""
        async with aclosing(self.iterate(as_feed(steps))) as results:
            async for result in results:
                return result
        raise AssertionError("a call has one result")

    async def iterate(self, feed: Feed[T]) -> AsyncGenerator[T, None]:
        """The feed's items; what it has open is closed with the generator."""
        turn: Callable[[], Step | Item[T]] = partial(feed.send, None)
        async with _Performer(self, self._http) as performer:
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
                    turn = partial(feed.send, await performer.perform(step))
                except BaseException as error:  # noqa: BLE001  the call has the first say, also in its cancellation
                    turn = partial(feed.throw, error)


class _Performer:
    """Performs the steps of one call; holds the answer that it has open."""

    def __init__(self, transport: AsyncTransport, http: httpx.AsyncClient) -> None:
        self._transport = transport
        self._http = http
        self._open: httpx.Response | None = None
        self._chunks: AsyncIterator[bytes] | None = None
        self._asked = ""

    async def __aenter__(self) -> "_Performer":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    async def perform(self, step: Step) -> Any:
        match step:
            case Send(request):
                with self._transport.translated(named(request)):
                    answer = await self._http.request(**self._transport.options(request))
                return self._transport.accepted(answer)
            case Open(request):
                return await self._opened(request)
            case Read():
                assert self._chunks is not None
                with self._transport.translated(self._asked):
                    return await anext(self._chunks, b"")
            case Pause(seconds):
                return await self._transport.policy.async_sleep(seconds)
            case Work(call):
                return await asyncio.to_thread(call)
            case Tell(listener, value):
                said = listener(value)
                return await said if inspect.isawaitable(said) else said
            case Together():
                return await self._together(step)

    async def _together(self, step: Together) -> list[Any]:
        places = asyncio.Semaphore(step.at_once)

        async def one(call: Callable[[], Steps[Any]]) -> Any:
            async with places:
                return await self._transport.run(call())

        tasks = [asyncio.ensure_future(one(call)) for call in step.calls]
        try:
            return list(await asyncio.gather(*tasks))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _opened(self, request: Request) -> httpx.Response:
        await self._close()
        self._asked = named(request)
        with self._transport.translated(self._asked):
            options = self._transport.options(request)
            self._open = await self._http.send(self._http.build_request(**options), stream=True)
            if not is_fine(self._open):
                await self._open.aread()
        self._chunks = self._open.aiter_bytes()
        return self._transport.accepted(self._open)

    async def _close(self) -> None:
        if self._open is not None:
            await self._open.aclose()
        self._open = None
