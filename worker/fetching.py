"""A photo by its URL: one HTTPS request, bounded in bytes and in time. Knows no job and no photo."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from http.client import HTTPConnection, HTTPResponse

from jobs.problems import ProblemError
from jobs.urls import FetchableUrl
from worker.errors import FetchFailed
from worker.exchanges import Exchange, Network, Peer

_CHUNK_BYTES = 64 << 10
_HEADERS = {"User-Agent": "Packshot", "Accept": "image/*", "Accept-Encoding": "identity", "Connection": "close"}
_MAY_PASS = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})


@dataclass(frozen=True)
class FetchLimits:
    """How much a fetch may bring, and how long it may take from the first word to the last byte."""

    max_bytes: int
    timeout_s: float


def fetch(url: FetchableUrl, limits: FetchLimits, network: Network, while_waiting: Callable[[], None]) -> bytes:
    """What lies under `url`. `while_waiting` is called four times a second; what it raises ends the fetch.

    Raises ProblemError fetch-failed (nothing there, a redirect, too many bytes, another's certificate) or url-forbidden
    (the name leads to an address that is not public), FetchFailed for what may pass.
    """
    exchange = Exchange(Peer(url.host), limits.timeout_s, network, partial(_get, url, limits.max_bytes))
    try:
        return exchange.wait(while_waiting)
    finally:
        exchange.abandon()


def _get(url: FetchableUrl, max_bytes: int, connection: HTTPConnection) -> bytes:
    connection.request("GET", url.target, headers=_HEADERS)
    with closing(connection.getresponse()) as response:
        _check_status(response.status, url.host)
        return _body(response, url.host, max_bytes)


def _check_status(status: int, host: str) -> None:
    if status == HTTPStatus.OK:
        return
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _MAY_PASS:
        raise FetchFailed(f"{host} answered {status}")
    redirect = "; redirects are not followed" if 300 <= status < 400 else ""
    raise ProblemError("fetch-failed", f"{host} answered {status}{redirect}")


def _body(response: HTTPResponse, host: str, max_bytes: int) -> bytes:
    """The whole body. The length announced is believed where it is too much, or more than what came."""
    announced = response.length
    if announced is not None and announced > max_bytes:
        raise _too_large(host, max_bytes)
    body = bytearray()
    while chunk := response.read(_CHUNK_BYTES):
        body += chunk
        if len(body) > max_bytes:
            raise _too_large(host, max_bytes)
    if announced is not None and len(body) < announced:
        raise FetchFailed(f"{host} sent {len(body)} of the {announced} bytes announced")
    return bytes(body)


def _too_large(host: str, max_bytes: int) -> ProblemError:
    return ProblemError("fetch-failed", f"{host} sends more than the {max_bytes} bytes allowed")
