"""One message posted to one address: what the receiver answered, or why there was no answer."""

import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException

from jobs.problems import ProblemError
from jobs.webhooks.urls import WebhookUrl, read_webhook_url
from worker.errors import FetchFailed
from worker.exchanges import Exchange, Network, Peer
from worker.webhooks.messages import SignedMessage

_READ_BYTES = 16 << 10  # of an answer's body, which means nothing here; reading it spares the receiver a reset


@dataclass(frozen=True)
class Answer:
    """``status`` is None where nothing was answered, and ``error`` says why. ``retry_after`` is the header's text."""

    status: int | None
    took_ms: int
    error: str | None = None
    retry_after: str | None = None


@dataclass(frozen=True)
class Poster:
    """How messages go out: over which network, for how long at most, and whether to private addresses too."""

    network: Network
    timeout_s: float
    private: bool

    def post(self, url: str, message: SignedMessage, while_waiting: Callable[[], None]) -> Answer:
        """Post the message once. `while_waiting` is called four times a second; what it raises ends the attempt."""
        started = time.monotonic()
        try:
            status, retry_after = self._exchange(url, message, while_waiting)
        except (ProblemError, FetchFailed) as error:
            told = error.problem.detail if isinstance(error, ProblemError) else str(error)
            return Answer(None, _ms_since(started), told[:300])
        return Answer(status, _ms_since(started), retry_after=retry_after)

    def _exchange(self, url: str, message: SignedMessage, while_waiting: Callable[[], None]) -> tuple[int, str | None]:
        target = read_webhook_url(url, private=self.private)  # again: the operator may have forbidden it since
        peer = Peer(target.host, target.port, target.tls, self.private)
        exchange = Exchange(peer, self.timeout_s, self.network, partial(_talk, target, message))
        try:
            return exchange.wait(while_waiting)
        finally:
            exchange.abandon()


def _talk(target: WebhookUrl, message: SignedMessage, connection: HTTPConnection) -> tuple[int, str | None]:
    headers = {**message.headers, "Accept": "*/*", "Accept-Encoding": "identity", "Connection": "close"}
    connection.request("POST", target.target, message.body, headers)
    with closing(connection.getresponse()) as response:
        found = response.status, response.getheader("Retry-After")
        with suppress(OSError, HTTPException):
            response.read(_READ_BYTES)
    return found


def _ms_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
