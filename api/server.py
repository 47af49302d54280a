"""gunicorn around the app: one process, many threads; each process builds its own connections after the fork."""

import resource
import socket
import sys
import time
from contextlib import suppress
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.config import Config
from gunicorn.glogging import Logger

from api.app import create_app
from api.client_sockets import Patience
from api.connections import PatientWorker
from api.exhaustion import EXHAUSTED, SpareDescriptor
from api.leftovers import served
from api.services import services_of
from api.settings import ApiSettings
from api.unreadable import refusal
from jobs.metrics.listener import MetricsListener

GRACEFUL_S = 20
FILES_BESIDE = 500  # blobs, spools, connections to Redis
LINGER_S = 2.0
KEEPALIVE_S = 75  # longer than clients keep idle connections, so that the client is the one who closes


def serve(settings: ApiSettings) -> None:
    """Serve until SIGTERM or SIGINT: running requests are answered first, for at most ``GRACEFUL_S``. Never returns."""
    _allow_files(_connections(settings) + FILES_BESIDE)
    _Server(settings).run()


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, settings: ApiSettings) -> None:
        self.settings = settings
        super().__init__()

    def load_config(self) -> None:
        for name, value in _gunicorn_config(self.settings).items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return create_app(self.settings)


class _Worker(PatientWorker):
    """Has a thread for each request that is worked on, one for each that waits, and one for each slow client.

    Ends long polls and streams as soon as it is told to stop, so that they do not use up the graceful time.
    Survives the lack of descriptors and of threads: it says 503 to whom it cannot serve.
    """

    def init_process(self) -> None:
        self._spare = SpareDescriptor()
        super().init_process()

    def load_wsgi(self) -> None:
        super().load_wsgi()
        known = services_of(self.wsgi)
        MetricsListener(known.settings.metrics_host, known.settings.metrics_port, known.metrics.registry).start()

    def patience(self) -> Patience:
        known = services_of(self.wsgi)
        return Patience(known.settings.api_stall_s, known.places.left, known.slow_clients)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Any) -> None:
        answer = refusal(exc)
        if answer is None:
            super().handle_error(req, client, addr, exc)
            return
        self.log.info("A request could not be read: %s", type(exc).__name__)  # its text may hold a secret
        client.sendall(answer)

    def accept(self, listener: Any) -> None:
        try:
            super().accept(listener)
        except OSError as error:
            if error.errno not in EXHAUSTED:
                raise
            self.log.warning("A client was turned away: %s.", error.strerror)
            self._spare.turn_away(listener)

    def enqueue_req(self, conn: Any) -> None:
        try:
            super().enqueue_req(conn)
        except RuntimeError as error:  # no further thread; one of those that run answers it, and then forgets it
            self.log.warning("A client waits for a thread: %s.", error)
            self.nr_conns -= 1

    def handle(self, conn: Any) -> Any:
        kept = super().handle(conn)
        if kept:
            conn.sock.put_back(conn.parser.unreader.take_buffered())  # of the next request
        else:
            _linger(conn.sock, min(LINGER_S, self.app.settings.api_stall_s))
        return kept

    def handle_request(self, req: Any, conn: Any) -> Any:
        with conn.sock.served(), services_of(self.wsgi).places.taken(), served(req):
            return super().handle_request(req, conn)

    def handle_exit(self, sig: int, frame: Any) -> None:
        # Not here, in the midst of anything: this is a signal handler, and stopping takes locks.
        self.method_queue.defer(services_of(self.wsgi).long_polls.stop)
        super().handle_exit(sig, frame)


def _linger(connection: socket.socket, seconds: float) -> None:
    """Wait for the client to close too, so that it gets all of the answer: here, in the request's own thread.

    gunicorn, which closes the connection next, would wait in the thread that accepts everybody.
    """
    until = time.monotonic() + seconds
    with suppress(OSError):  # the client is gone, or its time is over
        connection.shutdown(socket.SHUT_WR)
        while (left_s := until - time.monotonic()) > 0:
            connection.settimeout(left_s)
            if not connection.recv(65536):
                break
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RD)


class _JsonLogger(Logger):  # type: ignore[misc]
    """Leaves the lines to the root logger, which writes JSON, and the access log to ``api.envelope``."""

    def exception(self, msg: str, *arguments: Any, **options: Any) -> None:
        if isinstance(sys.exception(), BlockingIOError):
            self.info("A client that stalled was cut off.")
        else:
            told = (each.partition("?")[0] if isinstance(each, str) else each for each in arguments)
            super().exception(msg, *told, **options)  # an address may hold a link's signature

    def debug(self, msg: str, *arguments: Any, **options: Any) -> None:
        told = (type(each).__name__ if isinstance(each, Exception) else each for each in arguments)
        super().debug(msg, *told, **options)  # the text of one may be a request's head, keys and all

    def setup(self, cfg: Config) -> None:  # noqa: ARG002 (gunicorn's signature)
        self.error_log.handlers = []
        self.error_log.propagate = True

    def access(self, *_: Any) -> None:
        pass


def _gunicorn_config(settings: ApiSettings) -> dict[str, Any]:
    return {
        "bind": f"{_bracketed(settings.api_host)}:{settings.api_port}",
        "proc_name": "packshot-api",
        "workers": 1,
        "worker_class": _Worker,
        "threads": settings.api_threads + settings.api_waiting + settings.api_slow,
        "worker_connections": _connections(settings),
        "timeout": 60,
        "graceful_timeout": GRACEFUL_S,
        "keepalive": KEEPALIVE_S,
        "limit_request_line": 8190,  # the most that gunicorn bounds: an archive's URL names many jobs
        "logger_class": _JsonLogger,
        "control_socket_disable": True,
        "worker_exit": _send_last_spans,
        "sendfile": False,  # it would wait past ClientSocket
    }


def _send_last_spans(_server: Any, worker: Any) -> None:
    app = getattr(worker, "wsgi", None)  # none of one that could not load it
    if app is not None:
        services_of(app).tracing.close()


def _connections(settings: ApiSettings) -> int:
    """How many clients may be connected at once; most of them keep a connection that is idle."""
    return max(1000, 4 * settings.api_threads) + settings.api_waiting + settings.api_slow


def _allow_files(number: int) -> None:
    """Raise the limit of open files to so many, or as far as it may be raised."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < number:
        wanted = number if hard == resource.RLIM_INFINITY else min(number, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
