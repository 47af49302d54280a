"""One message posted to one address: what the receiver answered, or why there was no answer."""

import socket
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPResponse

from jobs.problems import ProblemError
from jobs.webhooks.urls import WebhookUrl, read_webhook_url
from worker.errors import FetchFailed
from worker.exchanges import Exchange, Network, Peer
from worker.webhooks.messages import SignedMessage

_READ_BYTES = 16 << 10  # of an answer's body, which means nothing here; reading it spares the receiver a reset,
_READ_S = 0.5  # but is not waited for


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
    connected = connection.sock
    with closing(connection.getresponse()) as response:
        with suppress(OSError, HTTPException):
            _read_some(response, connected)
        return response.status, response.getheader("Retry-After")


def _read_some(response: HTTPResponse, connected: socket.socket) -> None:
    """A little of the body, if it comes at once."""
    give_up_at, left = time.monotonic() + _READ_S, _READ_BYTES
    while left > 0 and (left_s := give_up_at - time.monotonic()) > 0:
        connected.settimeout(left_s)
        read = len(response.read1(left))
        if not read:
            return
        left -= read


def _ms_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
