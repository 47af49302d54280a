"""Clients that drip, in heads, bodies and answers, on real connections: others are served, and the drip ends."""

import os
import socket
import struct
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress

import pytest

from api.heads import MOST_HEAD_BYTES, is_whole
from api.shares import Share
from api.slow_clients import SlowClients
from jobs.problems import ProblemError
from tests.api.test_server import STARTS_S, THREADS, Server, shared
from tests.jobs.test_headers import chunk

DRIPS_S = 0.2
SERVED_S = 20.0
"""Less than the 30 s for which a server waits for who takes no bytes: were its threads held, nobody would be served."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with shared(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One that cuts off who drips for two seconds."""
    settings = {"PACKSHOT_API_STALL_S": "2", "PACKSHOT_API_WAITING": "1"}
    with shared(tmp_path_factory.mktemp("impatient"), **settings) as server:
        yield server


def png_of(side_px: int) -> bytes:
    """A picture that does not compress, and need not."""
    rows = b"".join(b"\0" + os.urandom(3 * side_px) for _ in range(side_px))
    size = struct.pack(">IIBBBBB", side_px, side_px, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(rows, 0)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def crowd(server: Server, stack: ExitStack, count: int, sent: bytes) -> list[socket.socket]:
    found = []
    for _ in range(count):
        client = stack.enter_context(socket.socket())
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        client.settimeout(STARTS_S)
        client.connect(("127.0.0.1", server.port))
        client.sendall(sent)
        found.append(client)
    return found


def drip(server: Server, clients: Sequence[socket.socket], done: Callable[[], bool]) -> None:
    """A byte of each client now and then, until done; meanwhile another is served."""
    give_up_at = time.monotonic() + STARTS_S
    while not done():
        assert time.monotonic() < give_up_at
        for client in clients:
            with suppress(OSError):
                client.send(b"a")
        with server.http() as http:
            assert http.get("/healthz", timeout=SERVED_S).status_code == 200
        time.sleep(DRIPS_S)


def said(client: socket.socket) -> bytes:
    """What it was told before it was cut off."""
    received = b""
    with suppress(ConnectionResetError):
        while more := client.recv(65536):
            received += more
    return received


def is_readable(client: socket.socket) -> bool:
    try:
        client.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def test_bodies_that_drip_hold_up_nobody_and_are_cut_off(impatient: Server) -> None:
    with ExitStack() as stack:
        sent = impatient.head("/v1/uploads", "Content-Length: 1000000", "Content-Type: image/png") + b"\x89PNG"
        clients = crowd(impatient, stack, 3 * THREADS, sent)
        drip(impatient, clients, lambda: all(map(is_readable, clients)))
        assert b"malformed-body" in said(clients[0])


def test_heads_that_drip_hold_no_thread_and_are_cut_off(impatient: Server) -> None:
    with ExitStack() as stack:
        clients = crowd(impatient, stack, 20 * THREADS, b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: ")
        drip(impatient, clients, lambda: all(map(is_readable, clients)))
        assert said(clients[0]) == b""


def test_answers_that_nobody_takes_hold_up_nobody(server: Server) -> None:
    with server.http() as http, ExitStack() as stack:
        upload = http.post("/v1/uploads", content=png_of(1400), timeout=STARTS_S).raise_for_status().json()["id"]
        path = f"/v1/uploads/{upload}/content"
        sent = server.head(path).replace(b"POST", b"GET")
        clients = crowd(server, stack, 3 * THREADS, sent)
        for client in clients:
            assert client.recv(16).startswith(b"HTTP/1.1 200")
        assert http.get("/healthz", timeout=SERVED_S).status_code == 200


def test_a_request_that_follows_in_pieces_is_served(server: Server) -> None:
    """The first piece comes with the request before, so that gunicorn has read it already."""
    with ExitStack() as stack:
        request = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
        (client,) = crowd(server, stack, 1, request + request[:20])
        assert client.recv(65536).startswith(b"HTTP/1.1 200")
        client.sendall(request[20:] + request)
        received = b""
        while received.count(b"HTTP/1.1 200") < 2:
            received += client.recv(65536)


@pytest.mark.parametrize(
    ("received", "whole"),
    [
        (b"", False),
        (b"GET / HTTP/1.1\r\nHost: x\r\n", False),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", True),
        (b"GET / HTTP/1.1\n", True),
        (b"G" * 8190, False),
        (b"G" * 9000, True),
        (b"GET / HTTP/1.1\r\n" + b"a" * MOST_HEAD_BYTES, True),
    ],
)
def test_a_head_is_handed_on_when_it_can_be_served_or_refused(received: bytes, whole: bool) -> None:
    assert is_whole(received) is whole


def test_one_tenant_leaves_half_of_the_slow_places_to_others() -> None:
    slow = SlowClients(4, lambda: "192.0.2.1")
    greedy, modest = ([Share("tenant", name, 2)] for name in ("greedy", "modest"))
    for _ in range(2):
        slow.enter(greedy)
    with pytest.raises(ProblemError, match="2 clients of the tenant"):
        slow.enter(greedy)
    slow.enter(modest)
    slow.enter(modest)
    with pytest.raises(ProblemError, match="4 clients"):
        slow.enter([])
    slow.leave(greedy)
    slow.enter(greedy)
