"""A receiver of webhooks on this machine: real sockets, and each path answers as a test says."""

import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook

from tests.waiting import PATIENCE_S


@dataclass(frozen=True)
class Received:
    """One request as it came in."""

    path: str
    headers: dict
    body: bytes

    @property
    def id(self):
        return self.headers["webhook-id"]

    def verified(self, secret):
        """The payload; raises where the signature is not by this secret."""
        return Webhook(secret).verify(self.body, self.headers)


@dataclass
class Sink:
    """Answers each request to a path with the next of its `answers` (the last one for good): a status, a status with
    headers, or what is called with the connection. Unknown paths answer 204.
    """

    answers: dict = field(default_factory=dict)
    received: list = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)
    released: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self):
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                sink._take(self, Received(self.path, {k.lower(): v for k, v in self.headers.items()}, body))

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):  # clients may leave at any time
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self):
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def wait_for(self, number, path=None, timeout_s=PATIENCE_S):
        """The requests to a path (or all), once there are so many."""

        def found():
            return [request for request in list(self.received) if path in {None, request.path}]

        with self.arrived:
            assert self.arrived.wait_for(lambda: len(found()) >= number, timeout_s), f"only {len(found())} came"
        return found()

    def hang(self, _connection):
        """Say nothing until the test ends."""
        self.released.wait()

    def drip(self, connection):
        """A header a byte at a time, for as long as somebody listens."""
        with suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            while not self.released.wait(0.02):
                connection.sendall(b"x")

    def chatter(self, connection):
        """A good answer, whose body never ends."""
        with suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while not self.released.wait(0.02):
                connection.sendall(b"x")

    @staticmethod
    def reset(connection):
        """Leave without a word."""
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    @staticmethod
    def leave(connection):
        """Close the connection in good order, without an answer."""
        connection.shutdown(socket.SHUT_RDWR)
        connection.close()

    @staticmethod
    def flood(connection):
        """A good answer, and then more than anybody wants."""
        with suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(4 << 20))

    def _take(self, handler, request):
        with self.arrived:
            self.received.append(request)
            answers = self.answers.get(request.path, [204])
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            self.arrived.notify_all()
        handler.close_connection = True
        if callable(answer):
            answer(handler.connection)
            return
        status, headers = answer if isinstance(answer, tuple) else (answer, {})
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
