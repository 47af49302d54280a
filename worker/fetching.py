"""A photo by its URL: one HTTPS request to a public address, bounded in bytes and in time. Knows no job and no photo.

Every answer of the name server is checked, and the connection goes to an address that was checked: the name is never
resolved twice, so a name server that changes its mind gains nothing (DNS rebinding). Redirects are not followed;
proxies, cookies and `.netrc` are unknown here. The certificate must be the name's, by the system's trust store.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse, HTTPSConnection

from jobs.problems import ProblemError
from jobs.urls import PORT, FetchableUrl, is_public
from worker.errors import FetchFailed

_LOOK_UP_S = 0.25
_CONNECT_S = 5.0  # for one address; then the next one is tried
_CHUNK_BYTES = 64 << 10
_HEADERS = {"User-Agent": "Packshot", "Accept": "image/*", "Accept-Encoding": "identity", "Connection": "close"}
_MAY_PASS = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
_NO_SUCH_NAME = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})


@dataclass(frozen=True)
class FetchLimits:
    """How much a fetch may bring, and how long it may take from the first word to the last byte."""

    max_bytes: int
    timeout_s: float


def _resolve(host: str) -> list[str]:
    answers = socket.getaddrinfo(host, PORT, type=socket.SOCK_STREAM)
    return [str(answer[4][0]) for answer in answers]


def _connect(address: str, timeout_s: float) -> socket.socket:
    return socket.create_connection((address, PORT), timeout_s)


@cache
def _system_trust() -> ssl.SSLContext:
    return ssl.create_default_context()


@dataclass(frozen=True)
class Network:
    """The ways out of this machine; a test gives its own.

    `resolve` gives a name's addresses as text (OSError where it cannot), `connect` a socket to one of them within some
    seconds, `trust` what certificates are checked by.
    """

    resolve: Callable[[str], list[str]] = _resolve
    connect: Callable[[str, float], socket.socket] = _connect
    trust: Callable[[], ssl.SSLContext] = _system_trust


def fetch(url: FetchableUrl, limits: FetchLimits, network: Network, while_waiting: Callable[[], None]) -> bytes:
    """What lies under `url`. `while_waiting` is called four times a second; what it raises ends the fetch.

    Raises ProblemError fetch-failed (nothing there, a redirect, too many bytes, another's certificate) or url-forbidden
    (the name leads to an address that is not public), FetchFailed for what may pass.
    """
    attempt = _Attempt(url, limits, network)
    try:
        return attempt.wait(while_waiting)
    finally:
        attempt.abandon()


class _Attempt:
    """One request, in a thread of its own that its waiter may leave behind.

    Resolving a name cannot be ended, and a time limit on a socket begins anew with every byte that drips in. So the
    waiter looks at the clock, and shuts the socket down; a thread still resolving ends when the resolver gives up.
    """

    def __init__(self, url: FetchableUrl, limits: FetchLimits, network: Network) -> None:
        self._url = url
        self._limits = limits
        self._network = network
        self._give_up_at = time.monotonic() + limits.timeout_s
        self._photo: Future[bytes] = Future()
        self._socket: socket.socket | None = None
        self._abandoned = False
        self._lock = threading.Lock()
        threading.Thread(target=self._run, name="fetch", daemon=True).start()

    def wait(self, while_waiting: Callable[[], None]) -> bytes:
        while not wait([self._photo], min(_LOOK_UP_S, self._left_s())).done:
            while_waiting()
            if self._left_s() == 0:
                raise FetchFailed(f"{self._url.host} took longer than the {self._limits.timeout_s:g} s allowed")
        return self._photo.result()

    def abandon(self) -> None:
        """Whatever the thread waits for on its socket ends now. Of a thread that is done there is nothing to end."""
        with self._lock:
            self._abandoned = True
            if self._socket is not None:
                with suppress(OSError):  # closed already
                    # not SSLSocket's own, which would let a read under way go on without TLS
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def _run(self) -> None:
        try:
            self._photo.set_result(self._fetched())
        except Exception as error:  # noqa: BLE001  (the edge of a thread: the waiter raises it)
            self._photo.set_exception(_explained(error, self._url.host))

    def _fetched(self) -> bytes:
        addresses = self._addresses()
        with closing(self._connected(addresses)) as connected:
            connection = HTTPSConnection(self._url.host, PORT, context=self._network.trust())
            connection.sock = connected
            connection.auto_open = 0  # never another connection than the one that was checked
            connection.request("GET", self._url.target, headers=_HEADERS)
            with closing(connection.getresponse()) as response:
                _check_status(response.status, self._url.host)
                return _body(response, self._url.host, self._limits.max_bytes)

    def _addresses(self) -> list[str]:
        """Where the host is; every address is checked, as whoever owns the name chooses their order."""
        addresses = list(dict.fromkeys(self._network.resolve(self._url.host)))
        if not addresses:
            raise FetchFailed(f"the name {self._url.host} has no address")
        if not all(map(is_public, addresses)):
            raise ProblemError("url-forbidden", f"{self._url.host} leads to an address that is not public")
        return addresses

    def _connected(self, addresses: list[str]) -> ssl.SSLSocket:
        """A connection to the first address that answers, its certificate checked."""
        plain = self._first_answering(addresses)
        try:
            secure = self._network.trust().wrap_socket(
                plain, server_hostname=self._url.host, do_handshake_on_connect=False
            )
        except BaseException:
            plain.close()
            raise
        try:
            self._keep(secure)
            secure.do_handshake()
        except BaseException:
            secure.close()
            raise
        return secure

    def _first_answering(self, addresses: list[str]) -> socket.socket:
        for number, address in enumerate(addresses, 1):
            try:
                connected = self._network.connect(address, min(_CONNECT_S, max(self._left_s(), 0.001)))
            except OSError:
                if number == len(addresses) or self._left_s() == 0:
                    raise
            else:
                connected.settimeout(self._limits.timeout_s)
                return connected
        raise AssertionError("there is at least one address")

    def _keep(self, secure: ssl.SSLSocket) -> None:
        with self._lock:
            if self._abandoned:
                raise FetchFailed("nobody waits any more")
            self._socket = secure

    def _left_s(self) -> float:
        return max(0.0, self._give_up_at - time.monotonic())


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


def _explained(error: Exception, host: str) -> Exception:
    """What went wrong in terms of the host; anything unforeseen as it is."""
    match error:
        case ssl.SSLCertVerificationError():
            told: Exception = ProblemError("fetch-failed", f"{host}'s certificate is not valid: {error.verify_message}")
        case socket.gaierror() if error.errno in _NO_SUCH_NAME:
            told = ProblemError("fetch-failed", f"there is no host {host}")
        case OSError():
            told = FetchFailed(f"{host} could not be reached: {error}")
        case HTTPException():  # neither its text nor the error itself is passed on: a host may echo the URL's query
            return FetchFailed(f"{host} did not answer in HTTP ({type(error).__name__})")
        case _:
            return error
    told.__cause__ = error
    return told
