"""Where the webhooks go: notes what arrives, and answers as it is told to."""

import contextlib
import json
import socket
import struct
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Received:
    """One attempt of a message; the same message keeps its id. `taken`: it was answered with success.

    `signed_at` is its timestamp, in Unix seconds; `links` are those of its pictures.
    """

    webhook_id: str
    type: str
    job_id: str
    taken: bool
    signed_at: int = 0
    links: tuple[str, ...] = ()


class Sink:
    """An HTTP server. `received` grows by each attempt that arrived. Thread-safe."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.received: list[Received] = []
        self.mode: int | str = 204
        self.flowing = threading.Event()
        self._host = host
        self._server = _Server((host, 0), _handler_of(self))
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="sink", daemon=True).start()

    @property
    def url(self) -> str:
        """Where jobs send their webhooks."""
        return f"http://{self._host}:{self._server.server_address[1]}/hook"

    def answer(self, mode: int | str) -> None:
        """From now on: a status, "hang", "reset", or "redirect" (302, to ourselves)."""
        self.mode = mode
        self.flowing.set()  # who hangs is let go
        self.flowing = threading.Event()

    def ids_of(self, job_id: str) -> set[str]:
        """The ids of the messages about a job that were taken here."""
        return {one.webhook_id for one in list(self.received) if one.job_id == job_id and one.taken}

    def types_of(self, job_id: str) -> set[str]:
        """What those messages say has happened."""
        return {one.type for one in list(self.received) if one.job_id == job_id and one.taken}

    def close(self) -> None:
        """Take no more."""
        self.flowing.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A worker that was killed in the middle of its message."""


def _handler_of(sink: Sink) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            mode = sink.mode
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            taken = isinstance(mode, int) and mode < 300
            job_id = str(body["data"].get("id", ""))
            links = tuple(str(output["url"]) for output in body["data"].get("outputs") or ())
            signed_at = int(self.headers["webhook-timestamp"])
            sink.received.append(Received(self.headers["webhook-id"], body["type"], job_id, taken, signed_at, links))
            if mode == "hang":
                sink.flowing.wait()
            elif mode == "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
            else:
                self._answer(mode)

        def _answer(self, mode: int | str) -> None:
            self.send_response(302 if mode == "redirect" else int(mode))
            if mode == "redirect":
                self.send_header("Location", sink.url)
            self.send_header("Content-Length", "0")
            with contextlib.suppress(OSError):
                self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    return Handler
