"""A port for Prometheus alone, without a key: ``GET /metrics`` and nothing else. Off unless a port is set.

Whoever reaches the port reads how much work there is, so it listens on 127.0.0.1 unless told otherwise.
"""

import logging
import socket
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry

from jobs.metrics.exposition import expose

PATH = "/metrics"
AT_ONCE = 8
"""Connections that are served at once: a scraper has one, and reads in milliseconds."""
STALL_S = 5.0
AGAIN_S = 5.0
LOOK_S = 0.5
"""How often it looks whether it is to stop."""

log = logging.getLogger(__name__)


class MetricsListener:
    """``start`` once, ``stop`` once. Where the port is taken it is asked for again and again, and the log says so once:
    during an upgrade the one that leaves may still have it, and work does not wait for figures.
    """

    def __init__(self, host: str, port: int, registry: CollectorRegistry) -> None:
        """``port`` 0 is off."""
        self._address = (host, port)
        self._registry = registry
        self._stopped = threading.Event()
        self._server: _Server | None = None
        self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)

    @property
    def port(self) -> int:
        """Where it listens; 0 while it does not."""
        return int(self._server.server_address[1]) if self._server else 0

    def start(self) -> None:
        """Listen, if a port is set. Waits for nobody: where the port is taken, a thread asks for it later."""
        if self._address[1]:
            self._open(loud=True)
            self._thread.start()

    def stop(self) -> None:
        """Let go of the port, however soon this is called. A scrape under way goes on by itself."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while self._server is None:
            if self._stopped.wait(AGAIN_S):
                return
            self._open(loud=False)
        with self._server as server:
            server.timeout = LOOK_S
            while not self._stopped.is_set():
                server.handle_request()

    def _open(self, *, loud: bool) -> None:
        host, port = self._address
        try:
            self._server = _Server(self._address, self._registry)
        except (OSError, OverflowError) as error:
            if loud:
                why = f"{host} port {port} cannot be had ({error})"
                log.error("%s: metrics are not served; PACKSHOT_METRICS_HOST and _PORT say where", why)  # noqa: TRY400
            return
        log.info("metrics are served on %s port %d%s", host, self.port, PATH)


class _Server(ThreadingMixIn, HTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], registry: CollectorRegistry) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.registry = registry
        self._places = threading.BoundedSemaphore(AT_ONCE)
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """HTTPServer's own asks the name service for this host's name, which may take long; nobody needs it."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "", int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """A thread for each connection; one too many is closed at once."""
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._places.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """In the connection's thread."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  (socketserver's signature)
        """A scraper that went away, or a fault of ours: a line, and no traceback on stderr."""
        log.info("a scrape broke off", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = "packshot"
    sys_version = ""
    timeout = STALL_S

    def do_GET(self) -> None:
        if urlsplit(self.path).path != PATH:
            self._answer(HTTPStatus.NOT_FOUND, b"only /metrics is here\n", "text/plain; charset=utf-8")
            return
        body, content_type = expose(self.server.registry, self.headers.get("Accept", ""))
        self._answer(HTTPStatus.OK, body, content_type)

    def _answer(self, status: HTTPStatus, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Scrapes are not told in the log."""
