"""Answers that come before the whole of a body, on a real connection: it ends with them, and they say so."""

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from jobs.connection import connect
from jobs.redis_server import EmbeddedRedis
from tests.api.test_server import Server, launched, ready
from tests.badinput.wire import parsed


@pytest.fixture(scope="module")
def server(redis_server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with connect(redis_server.url) as redis:
        redis.flushall()
    data = tmp_path_factory.mktemp("server")
    with launched(redis_server.url, data, PACKSHOT_MAX_UPLOAD_MB="1") as started:
        yield ready(started)


@pytest.fixture
def connection(server: Server) -> Iterator[tuple[Server, socket.socket]]:
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=60)) as opened:
        yield server, opened


def said(server: Server, connection: socket.socket, path: str, length: int, sent: bytes) -> dict[str, str]:
    head = server.head(path, "Content-Type: application/octet-stream", f"Content-Length: {length}")
    connection.sendall(head + sent)
    received = b""
    while not received.endswith(b"}"):  # of the problem
        received += connection.recv(65536)
    return parsed(received).headers


def test_an_early_refusal_closes_and_says_so_and_a_late_one_does_not(connection: tuple[Server, socket.socket]) -> None:
    server, opened = connection
    for _ in range(2):  # the whole body was read: the connection goes on
        assert "close" not in said(server, opened, "/v1/uploads", 5, b"no im").get("connection", "")
    assert said(server, opened, "/v1/nowhere", 2_000_000, b"x" * 100_000)["connection"] == "close"


def test_a_flood_in_chunks_closes_and_says_so(connection: tuple[Server, socket.socket]) -> None:
    server, opened = connection
    opened.sendall(server.head("/v1/uploads", "Transfer-Encoding: chunked"))
    for _ in range(18):
        opened.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
    assert parsed(opened.recv(65536)).headers["connection"] == "close"


def test_broken_chunks_that_nobody_reads_are_answered_once(connection: tuple[Server, socket.socket]) -> None:
    server, opened = connection
    opened.sendall(server.head("/v1/nowhere", "Transfer-Encoding: chunked") + b"zz\r\nabc\r\n0\r\n\r\n")
    opened.shutdown(socket.SHUT_WR)
    answers = b"".join(iter(lambda: opened.recv(65536), b""))
    assert answers.count(b"HTTP/1.1 ") == 1
