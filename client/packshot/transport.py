"""One HTTP connection pool to one server: sends, retries, and turns every failure into the errors of `errors.py`."""

import email.utils
import ipaddress
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin

import httpx

from packshot.errors import MalformedAnswer, ServerUnreachable, error_for
from packshot.locating import Server
from packshot.problems import parse_problem
from packshot.reading import Document, as_document
from packshot.retries import RetryPolicy, retried

CONNECT_S = 5.0
ANSWER_S = 30.0
_LOST = (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError, httpx.ProxyError)


class Transport:
    """Thread-safe. The key goes to the server's own address only, never along to wherever an output's link points."""

    def __init__(self, server: Server, policy: RetryPolicy, *, http: httpx.BaseTransport | None = None) -> None:
        self.server = server
        self.policy = policy
        self._key = {"Authorization": f"Bearer {server.api_key}"} if server.api_key else {}
        self._answered = False
        self._http = httpx.Client(
            transport=http,
            timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S),
            headers={"User-Agent": "packshot-python", "Accept": "application/json"},
            trust_env=not _is_loopback(server.url),  # a proxy cannot reach this machine's own loopback
        )

    def close(self) -> None:
        """Closes the pool; the transport cannot be used after it."""
        self._http.close()

    def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        read_timeout_s: float = ANSWER_S,
        **request: Any,
    ) -> httpx.Response:
        """The answer (2xx or 304), after retries. Raises ProblemError and its kin, ServerUnreachable."""

        def attempt() -> httpx.Response:
            with self._translated(method, path):
                answer = self._http.request(
                    method,
                    self.server.url + path,
                    headers={**self._key, **(headers or {})},
                    timeout=httpx.Timeout(read_timeout_s, connect=CONNECT_S),
                    **request,
                )
            return self._accepted(answer)

        return retried(attempt, self.policy, patience_s=self._patience_s)

    @contextmanager
    def stream(self, url: str) -> Iterator[httpx.Response]:
        """One attempt at a GET of `url` (absolute, or relative to the server) whose body is read as it comes."""
        target = urljoin(self.server.url + "/", url)
        key = self._key if target.startswith(self.server.url + "/") else {}
        with self._translated("GET", target), self._http.stream("GET", target, headers=key) as answer:
            if not answer.is_success:
                answer.read()
            yield self._accepted(answer)

    def _patience_s(self) -> float:
        policy = self.policy
        return policy.give_up_after_s if self._answered else min(policy.first_answer_s, policy.give_up_after_s)

    @contextmanager
    def _translated(self, method: str, path: str) -> Iterator[None]:
        try:
            yield
        except _LOST as error:
            raise ServerUnreachable(
                f"no answer from {self.server.url} to {method} {path.partition('?')[0]}: "
                f"{str(error) or type(error).__name__}"
            ) from error
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise ValueError(f"server URL is {self.server.url!r}; expected http://… or https://…: {error}") from error
        except httpx.HTTPError as error:
            raise MalformedAnswer(f"{self.server.url} does not speak HTTP as expected: {error}") from error

    def _accepted(self, answer: httpx.Response) -> httpx.Response:
        self._answered = True
        if answer.is_success or answer.status_code == httpx.codes.NOT_MODIFIED:
            return answer
        problem = parse_problem(_problem_document(answer), status=answer.status_code)
        raise error_for(problem, retry_after_s=_retry_after_s(answer.headers.get("Retry-After")))


def read_document(answer: httpx.Response) -> Document:
    """The JSON object of an answer. Raises MalformedAnswer."""
    try:
        return as_document(answer.json())
    except ValueError as error:
        raise MalformedAnswer(
            f"{answer.request.url} answered {answer.status_code} with {answer.text[:80]!r}; expected JSON"
        ) from error


def _problem_document(answer: httpx.Response) -> Document:
    """The problem that the answer carries; from its status line where it carries none (a proxy's page)."""
    try:
        return as_document(answer.json())
    except (ValueError, MalformedAnswer):
        return {"title": f"HTTP {answer.status_code} {answer.reason_phrase}".strip()}


def _retry_after_s(told: str | None) -> float | None:
    """Seconds of a Retry-After header, which holds seconds or a date; None where it holds neither."""
    if told is None:
        return None
    try:
        return max(0.0, float(told))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(told).timestamp() - time.time())
    except ValueError:
        return None


def _is_loopback(url: str) -> bool:
    try:
        host = httpx.URL(url).host
    except httpx.InvalidURL:
        return False
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
