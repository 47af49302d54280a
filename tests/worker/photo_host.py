"""A host of photos on this machine: HTTPS with a certificate of the test's own, answering as a test says."""

import re
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass, field

from worker.exchanges import Network

from .certificates import self_signed

NAME = "photos.example"
ADDRESS = "93.184.216.34"  # public; nothing is ever sent there


def answer(body=b"", status="200 OK", **headers):
    """The bytes of an HTTP answer; a header given as None is left out."""
    told = {"Content-Length": len(body)} | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in told.items() if value is not None)]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass
class PhotoHost:
    """Answers each request with the next of `answers` (the last one for good): bytes, or what is called with the
    connection. `greets` is called with a connection instead of TLS' handshake.
    """

    folder: object
    answers: list = field(default_factory=list)
    requests: list = field(default_factory=list)
    connected_to: list = field(default_factory=list)
    resolved: list = field(default_factory=list)
    addresses: list = field(default_factory=lambda: [[ADDRESS]])
    refused: set = field(default_factory=set)
    greets: object = None

    def __post_init__(self):
        certificate, key = self_signed(NAME)
        (self.folder / "certificate.pem").write_text(certificate)
        (self.folder / "key.pem").write_text(key)
        self.trust = ssl.create_default_context(cadata=certificate)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(self.folder / "certificate.pem", self.folder / "key.pem")
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def place(self):
        """Where it really listens: host and port."""
        return self._listening.getsockname()

    def network(self):
        """The worker's way out: every address leads here, and names resolve to the next of `addresses`."""
        return Network(self._resolve, self._connect, lambda: self.trust)

    def close(self):
        """End, once every connection has."""
        self._listening.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(20)
            assert not thread.is_alive(), "a fetch never let go of its connection"
        self._listening.close()

    def _resolve(self, name):
        self.resolved.append(name)
        found = self.addresses.pop(0) if len(self.addresses) > 1 else self.addresses[0]
        if isinstance(found, Exception):
            raise found
        return found

    def _connect(self, address, _port, timeout_s):
        self.connected_to.append(address)
        if address in self.refused:
            raise ConnectionRefusedError(111, "Connection refused")
        return socket.create_connection(self.place, timeout_s)

    def _accept(self):
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:  # closed
                return
            self._threads.append(threading.Thread(target=self._serve, args=(connection,), daemon=True))
            self._threads[-1].start()

    def _serve(self, connection):
        with connection, suppress(OSError):  # a client may leave at any time
            if self.greets:
                self.greets(connection)
                return
            with self._context.wrap_socket(connection, server_side=True) as secure:
                self.requests.append(_read_head(secure))
                reply = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                reply(secure) if callable(reply) else secure.sendall(reply)


def _read_head(connection):
    """The request's head. A body is read too: whoever closes with bytes unread takes back the answer (TCP reset)."""
    read = b""
    while b"\r\n\r\n" not in read:
        read += _more(connection)
    head, _, body = read.partition(b"\r\n\r\n")
    length = re.search(rb"\ncontent-length: *(\d+)", head.lower())
    while length and len(body) < int(length[1]):
        body += _more(connection)
    return head.decode()


def _more(connection):
    if not (more := connection.recv(4096)):
        raise ConnectionResetError("left before it asked")
    return more
