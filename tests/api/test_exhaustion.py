"""A server that has no descriptor left: it says so, lives, and goes on once there are some again."""

import logging
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from typing import Any

import httpx
import psutil
import pytest

from api.exhaustion import SpareDescriptor, is_readable
from api.server import _Worker
from tests.api.test_server import Server, ready, start  # noqa: F401  (`start` is a fixture)

FILES = 64


def test_with_64_descriptors_clients_beyond_are_told_503_and_the_process_lives(
    start: Callable[..., Server],  # noqa: F811
) -> None:
    server = ready(start())
    family = psutil.Process(server.process.pid)
    (child,) = [one for one in family.children() if "-m" in one.cmdline()]
    for process in (family, child):
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (FILES, FILES))
    with ExitStack() as crowd:
        for _ in range(2 * FILES):
            with suppress(OSError):
                crowd.enter_context(closing(socket.create_connection(("127.0.0.1", server.port), timeout=5)))
        refused = [answer for answer in (_asked(server) for _ in range(5)) if answer is not None]
        assert refused, "all were let wait, or cut off without a word"
        for answer in refused:
            assert answer.status_code == 503
            assert answer.json()["type"] == "/problems/unavailable"
            assert int(answer.headers["Retry-After"]) > 0
    give_up_at = time.monotonic() + 30
    while (answer := _asked(server)) is None or answer.status_code != 200:
        assert time.monotonic() < give_up_at, answer
        time.sleep(0.1)
    assert family.children() == [child], "gunicorn's worker died and was replaced"


def test_a_client_that_cannot_be_given_a_thread_does_not_end_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise RuntimeError("can't start new thread")

    worker = _Worker.__new__(_Worker)
    worker.nr_conns = 1
    worker.log = logging.getLogger("test")
    monkeypatch.setattr("gunicorn.workers.gthread.ThreadWorker.enqueue_req", refuse)
    worker.enqueue_req(object())
    assert worker.nr_conns == 0


def test_the_spare_descriptor_is_there_again_after_each_client(listener: socket.socket) -> None:
    spare = SpareDescriptor()
    for _ in range(3):
        told: list[bytes] = []
        client = threading.Thread(target=lambda told=told: told.append(_raw(listener)))  # type: ignore[misc]
        client.start()
        assert is_readable(listener, 20)
        spare.turn_away(listener)
        client.join(20)
        assert told[0].startswith(b"HTTP/1.1 503 ")


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        yield listening


def _raw(listener: socket.socket) -> bytes:
    with closing(socket.create_connection(listener.getsockname(), timeout=20)) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: packshot\r\n\r\n")
        return b"".join(iter(lambda: connection.recv(65536), b""))


def _asked(server: Server) -> httpx.Response | None:
    """One request on a connection of its own; None where it was cut off."""
    try:
        return httpx.get(f"{server.url}/healthz", trust_env=False, timeout=20)
    except httpx.HTTPError:
        return None
