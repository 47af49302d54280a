"""gunicorn around the app: one process, many threads; each process builds its own connections after the fork."""

from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker

from api.app import create_app
from api.services import services_of
from api.settings import ApiSettings

GRACEFUL_S = 20
KEEPALIVE_S = 75  # longer than clients keep idle connections, so that the client is the one who closes


def serve(settings: ApiSettings) -> None:
    """Serve until SIGTERM or SIGINT: running requests are answered first, for at most ``GRACEFUL_S``. Never returns."""
    _Server(settings).run()


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, settings: ApiSettings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        for name, value in _gunicorn_config(self._settings).items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return create_app(self._settings)


class _Worker(ThreadWorker):  # type: ignore[misc]
    """Ends long polls as soon as it is told to stop, so that they do not use up the graceful time."""

    def handle_exit(self, sig: int, frame: Any) -> None:
        services_of(self.wsgi).long_polls.stop()
        super().handle_exit(sig, frame)


class _JsonLogger(Logger):  # type: ignore[misc]
    """Leaves the lines to the root logger, which writes JSON, and the access log to ``api.envelope``."""

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
        "threads": settings.api_threads,
        "worker_connections": max(1000, 4 * settings.api_threads),
        "timeout": 60,
        "graceful_timeout": GRACEFUL_S,
        "keepalive": KEEPALIVE_S,
        "logger_class": _JsonLogger,
        "control_socket_disable": True,
    }


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
