"""What goes over the wire and what comes back, for both kinds of transport: requests, retries, answers, errors."""

import email.utils
import ipaddress
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

import httpx

from packshot.errors import MalformedAnswer, PackshotError, ProblemError, ServerUnreachable
from packshot.flows.steps import Feed, Item, Pause, Request, Send, Steps
from packshot.locating import Server
from packshot.problems import parse_problem
from packshot.reading import Document, as_document, take, take_optional
from packshot.refusals import error_for
from packshot.retries import RetryPolicy
from packshot.trace_context import current_trace

CONNECT_S = 5.0
HEADERS = {"User-Agent": "packshot-python", "Accept": "application/json"}
NO_KEY = "no API key was given; set PACKSHOT_API_KEY"
T = TypeVar("T")
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_LOST = (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError, httpx.ProxyError)


class Wire:
    """A server, a key and a policy. The key goes to the server's own address only, never to wherever a link points."""

    def __init__(self, server: Server, policy: RetryPolicy) -> None:
        self.server = server
        self.policy = policy
        self._key = {"Authorization": f"Bearer {server.api_key}"} if server.api_key else {}
        self._answered = False

    def sent(self, request: Request) -> Steps[httpx.Response]:
        """The answer (2xx or 304), after retries. Raises ProblemError and its kin, ServerUnreachable."""
        return (yield from self.retried(lambda: _sent(request), once=request.once))

    def document(self, request: Request) -> Steps[Document]:
        """The JSON object of the answer, after retries."""
        return read_document((yield from self.sent(request)))

    def pages(self, request: Request, parse: Callable[[Document], T]) -> Feed[T]:
        """Every item of a listing, asking for the next page when it is needed."""
        params = {name: value for name, value in (request.params or {}).items() if value is not None}
        while True:
            page = yield from self.document(Request(request.method, request.path, params))
            for one in take(page, "items", list):
                yield Item(parse(as_document(one)))
            cursor = take_optional(page, "cursor", str)
            if cursor is None:
                return
            params["cursor"] = cursor

    def retried(self, attempt: Callable[[], Steps[T]], *, once: bool = False) -> Steps[T]:
        """Attempts until one succeeds, fails in a way that waiting does not cure, or time is over: the last error.

        What may be done `once` alone is not tried again after a failure that may have come too late to prevent it.
        """
        policy, started, attempts = self.policy, self.policy.clock(), 0
        while True:
            attempts += 1
            try:
                return (yield from attempt())
            except PackshotError as error:
                pause_s = policy.pause_s(attempts, error.retry_after_s)
                curable = error.transient and (not once or _was_surely_not_done(error))
                waited_s = policy.clock() - started + pause_s
                if not curable or waited_s > self.patience_s:
                    raise
                policy.on_wait(error, waited_s)
            yield Pause(pause_s)

    @property
    def patience_s(self) -> float:
        """How long a call is tried again: less where the server never answered."""
        policy = self.policy
        return policy.give_up_after_s if self._answered else min(policy.first_answer_s, policy.give_up_after_s)

    def options(self, request: Request) -> dict[str, Any]:
        """The request as httpx takes it."""
        whole = request.path.startswith(("http://", "https://"))
        url = request.path if whole else self.server.url + request.path
        key = {**current_trace(), **self._key} if url.startswith(self.server.url + "/") else {}
        return {
            "method": request.method,
            "url": url,
            "headers": {**key, **(request.headers or {})},
            "params": request.params,
            "json": request.json,
            "content": request.content,
            "timeout": httpx.Timeout(request.read_timeout_s, connect=CONNECT_S),
        }

    def accepted(self, answer: httpx.Response) -> httpx.Response:
        """The answer, if it is 2xx or 304; its body must have been read otherwise. Raises ProblemError and its kin."""
        self._answered = True
        if is_fine(answer):
            return answer
        problem = parse_problem(_problem_document(answer), status=answer.status_code)
        if answer.status_code == httpx.codes.UNAUTHORIZED and not self._key:
            problem = replace(problem, detail=NO_KEY)
        again_s = _retry_after_s(answer.headers)
        raise error_for(problem, retry_after_s=again_s, request_id=answer.headers.get("X-Request-Id"))

    @contextmanager
    def translated(self, asked: str) -> Iterator[None]:
        """Turns httpx' errors within into ours; `asked` says what was under way."""
        try:
            yield
        except _LOST as error:
            told = str(error) or type(error).__name__
            text = f"no answer from {self.server.url} to {asked}: {told}"
            unsent = isinstance(error, _UNSENT)
            raise ServerUnreachable(text, unsent=unsent, never_answered=not self._answered) from error
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise ValueError(f"server URL is {self.server.url!r}; expected http://… or https://…: {error}") from error
        except httpx.HTTPError as error:
            raise MalformedAnswer(f"{self.server.url} does not speak HTTP as expected: {error}") from error


def named(request: Request) -> str:
    """A request in an error's text, without what may be secret in its query."""
    return f"{request.method} {request.path.partition('?')[0]}"


def is_fine(answer: httpx.Response) -> bool:
    """Whether it is no problem: 2xx, or 304."""
    return answer.is_success or answer.status_code == httpx.codes.NOT_MODIFIED


def read_document(answer: httpx.Response) -> Document:
    """The JSON object of an answer. Raises MalformedAnswer."""
    try:
        return as_document(answer.json())
    except ValueError as error:
        raise MalformedAnswer(
            f"{answer.request.url} answered {answer.status_code} with {answer.text[:80]!r}; expected JSON"
        ) from error


def is_loopback(url: str) -> bool:
    """Whether a server is on this machine, which no proxy can reach."""
    try:
        host = httpx.URL(url).host
    except httpx.InvalidURL:
        return False
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _sent(request: Request) -> Steps[httpx.Response]:
    answer: httpx.Response = yield Send(request)
    return answer


def _was_surely_not_done(error: PackshotError) -> bool:
    if isinstance(error, ServerUnreachable):
        return error.unsent
    return isinstance(error, ProblemError) and error.problem.status in {429, 503}  # a 502 or 504 is a proxy's guess


def _problem_document(answer: httpx.Response) -> Document:
    """The problem that the answer carries; from its status line where it carries none (a proxy's page)."""
    try:
        return as_document(answer.json())
    except (ValueError, MalformedAnswer):
        return {"title": f"HTTP {answer.status_code} {answer.reason_phrase}".strip()}


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds until the next attempt may be made: of Retry-After, else of a used up rate's RateLimit-Reset."""
    told = headers.get("Retry-After")
    if told is None:
        told = headers.get("RateLimit-Reset") if headers.get("RateLimit-Remaining", "").strip() == "0" else None
    return None if told is None else _seconds(told)


def _seconds(told: str) -> float | None:
    """Of a header that holds seconds or a date; None where it holds neither."""
    try:
        return max(0.0, float(told))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(told).timestamp() - time.time())
    except ValueError:
        return None
