"""One HTTP exchange with somebody else's host: only with addresses that were checked, and bounded in time.

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
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Generic, TypeVar

from jobs.problems import ProblemError
from jobs.urls import PORT, is_metadata, is_public
from worker.errors import FetchFailed

_LOOK_UP_S = 0.25
_CONNECT_S = 5.0  # for one address; then the next one is tried
_NO_SUCH_NAME = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})

T = TypeVar("T")


def _resolve(host: str) -> list[str]:
    answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(answer[4][0]) for answer in answers]


def _connect(address: str, port: int, timeout_s: float) -> socket.socket:
    return socket.create_connection((address, port), timeout_s)


@cache
def _system_trust() -> ssl.SSLContext:
    return ssl.create_default_context()


@dataclass(frozen=True)
class Network:
    """The ways out of this machine; a test gives its own.

    `resolve` gives a name's addresses as text (OSError where it cannot), `connect` a socket to a port of one of them
    within some seconds, `trust` what certificates are checked by.
    """

    resolve: Callable[[str], list[str]] = _resolve
    connect: Callable[[str, int, float], socket.socket] = _connect
    trust: Callable[[], ssl.SSLContext] = _system_trust


@dataclass(frozen=True)
class Peer:
    """Whom to talk to. `private`, an operator's choice, lets in what is not public, save clouds' metadata."""

    host: str
    port: int = PORT
    tls: bool = True
    private: bool = False


class Exchange(Generic[T]):
    """One connection in a thread of its own, which its waiter may leave behind; `talk` makes the answer out of it.

    Resolving a name cannot be ended, and a time limit on a socket begins anew with every byte that drips in. So the
    waiter looks at the clock, and shuts the socket down; a thread still resolving ends when the resolver gives up.
    """

    def __init__(self, peer: Peer, timeout_s: float, network: Network, talk: Callable[[HTTPConnection], T]) -> None:
        self._peer = peer
        self._timeout_s = timeout_s
        self._network = network
        self._talk = talk
        self._give_up_at = time.monotonic() + timeout_s
        self._answer: Future[T] = Future()
        self._socket: socket.socket | None = None
        self._abandoned = False
        self._lock = threading.Lock()
        threading.Thread(target=self._run, name="exchange", daemon=True).start()

    def wait(self, while_waiting: Callable[[], None]) -> T:
        """What `talk` returned, or raised. `while_waiting` is called four times a second; what it raises ends the wait.

        Raises ProblemError fetch-failed (no such host, another's certificate) or url-forbidden (the name leads to an
        address that is not public), FetchFailed for what may pass.
        """
        while not wait([self._answer], min(_LOOK_UP_S, self._left_s())).done:
            while_waiting()
            if self._left_s() == 0:
                raise self._too_slow()
        return self._answer.result()

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
            self._answer.set_result(self._exchanged())
        except Exception as error:  # noqa: BLE001  (the edge of a thread: the waiter raises it)
            # the socket's own time limit ends with the whole one, and may be noticed before the waiter looks up
            late = isinstance(error, TimeoutError) and self._left_s() == 0
            self._answer.set_exception(self._too_slow() if late else _explained(error, self._peer.host))

    def _exchanged(self) -> T:
        addresses = self._addresses()
        with closing(self._connected(addresses)) as connected:
            connection = self._http()
            connection.sock = connected
            connection.auto_open = 0  # never another connection than the one that was checked
            return self._talk(connection)

    def _http(self) -> HTTPConnection:
        if self._peer.tls:
            return HTTPSConnection(self._peer.host, self._peer.port, context=self._network.trust())
        return HTTPConnection(self._peer.host, self._peer.port)

    def _addresses(self) -> list[str]:
        """Where the host is; every address is checked, as whoever owns the name chooses their order."""
        addresses = list(dict.fromkeys(self._network.resolve(self._peer.host)))
        if not addresses:
            raise FetchFailed(f"the name {self._peer.host} has no address")
        if not self._peer.private and not all(map(is_public, addresses)):
            raise ProblemError("url-forbidden", f"{self._peer.host} leads to an address that is not public")
        if any(map(is_metadata, addresses)):
            raise ProblemError("url-forbidden", f"{self._peer.host} leads to where a cloud keeps its credentials")
        return addresses

    def _connected(self, addresses: list[str]) -> socket.socket:
        """A connection to the first address that answers, its certificate checked."""
        plain = self._first_answering(addresses)
        if not self._peer.tls:
            return self._kept(plain)
        try:
            secure = self._network.trust().wrap_socket(
                plain, server_hostname=self._peer.host, do_handshake_on_connect=False
            )
        except BaseException:
            plain.close()
            raise
        self._kept(secure)
        try:
            secure.do_handshake()
        except BaseException:
            secure.close()
            raise
        return secure

    def _first_answering(self, addresses: list[str]) -> socket.socket:
        for number, address in enumerate(addresses, 1):
            try:
                timeout_s = min(_CONNECT_S, max(self._left_s(), 0.001))
                connected = self._network.connect(address, self._peer.port, timeout_s)
            except OSError:
                if number == len(addresses) or self._left_s() == 0:
                    raise
            else:
                connected.settimeout(self._timeout_s)
                return connected
        raise AssertionError("there is at least one address")

    def _kept(self, connected: socket.socket) -> socket.socket:
        """The socket, so that `abandon` finds it."""
        with self._lock:
            if self._abandoned:
                connected.close()
                raise FetchFailed("nobody waits any more")
            self._socket = connected
        return connected

    def _too_slow(self) -> FetchFailed:
        return FetchFailed(f"{self._peer.host} took longer than the {self._timeout_s:g} s allowed")

    def _left_s(self) -> float:
        return max(0.0, self._give_up_at - time.monotonic())


def _explained(error: Exception, host: str) -> Exception:
    """What went wrong in terms of the host; anything unforeseen as it is."""
    match error:
        case ssl.SSLCertVerificationError():
            told: Exception = ProblemError("fetch-failed", f"{host}'s certificate is not valid: {error.verify_message}")
        case socket.gaierror() if error.errno in _NO_SUCH_NAME:
            told = ProblemError("fetch-failed", f"there is no host {host}")
        case ConnectionResetError() | BrokenPipeError():  # http.client's RemoteDisconnected is one, too
            told = FetchFailed(f"{host} closed the connection before it had answered")
        case OSError():
            told = FetchFailed(f"{host} could not be reached: {error}")
        case HTTPException():  # neither its text nor the error itself is passed on: a host may echo the URL's query
            return FetchFailed(f"{host} did not answer in HTTP ({type(error).__name__})")
        case _:
            return error
    told.__cause__ = error
    return told
