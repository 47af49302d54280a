"""The steps that a call is made of: what to do, never how. Knows no socket, no thread and no event loop.

A call is a generator. It yields a step, is sent what came of it (or has the error thrown in), and returns its result;
a feed also yields an Item for each value that its caller iterates over. `transport.py` performs steps by blocking,
`aio/transport.py` by awaiting.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

import httpx

T = TypeVar("T")
ANSWER_S = 30.0


@dataclass(frozen=True)
class Request:
    """One request of the wire. `path` is below the server's address, or a whole URL, as outputs have it.

    `read_timeout_s`: the longest silence within the answer. `once`: what it does may not be done twice, so that it is
    sent again only where the server surely did nothing.
    """

    method: str
    path: str
    params: Mapping[str, Any] | None = None
    headers: Mapping[str, str] | None = None
    json: Any = None
    content: bytes | None = None
    read_timeout_s: float = ANSWER_S
    once: bool = False


@dataclass(frozen=True)
class Send:
    """Sends a request once. Gives the httpx.Response (2xx or 304), its body read. Raises ProblemError and its kin."""

    request: Request


@dataclass(frozen=True)
class Open:
    """Sends a request once, and leaves the answer's body to be read; what was open before is closed. Raises as Send."""

    request: Request


@dataclass(frozen=True)
class Read:
    """The next bytes of the open answer; none at its end."""


@dataclass(frozen=True)
class Pause:
    """Lets time pass."""

    seconds: float


@dataclass(frozen=True)
class Work:
    """Calls what may take a while, such as reading a file: away from an event loop. Gives what it returns."""

    call: Callable[[], Any]


@dataclass(frozen=True)
class Tell:
    """Calls a listener of the user's with a value; an AsyncClient awaits what it returns, where that can be."""

    listener: Callable[[Any], Any]
    value: Any


@dataclass(frozen=True)
class Together:
    """Does several calls side by side, `at_once` at most. Gives their results in order; the first error is raised."""

    calls: "Sequence[Callable[[], Steps[Any]]]"
    at_once: int


@dataclass(frozen=True)
class Item(Generic[T]):
    """A value for whoever iterates over the feed."""

    value: T


Step = Send | Open | Read | Pause | Work | Tell | Together
Steps: TypeAlias = Generator[Step, Any, T]
Feed: TypeAlias = Generator[Step | Item[T], Any, None]


def opened(request: Request) -> Steps[httpx.Response]:
    """One attempt at an answer whose body is then `read_chunk` by `read_chunk`."""
    answer: httpx.Response = yield Open(request)
    return answer


def read_chunk() -> Steps[bytes]:
    """The next bytes of the answer that was opened last; none at its end."""
    chunk: bytes = yield Read()
    return chunk


def work(call: Callable[[], T]) -> Steps[T]:
    """What a call that may take a while returns."""
    result: T = yield Work(call)
    return result


def together(calls: "Sequence[Callable[[], Steps[T]]]", at_once: int) -> Steps[list[T]]:
    """The results of calls that are done side by side, in their order."""
    results: list[T] = yield Together(calls, at_once)
    return results


def as_feed(steps: Steps[T]) -> Feed[T]:
    """A call as a feed of one item."""
    yield Item((yield from steps))
