"""The short form of `make badinput`: one installation, on whose real sockets is said what no test client can say."""

import re
import socket
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from tests.badinput import specs
from tests.badinput.place import Place
from tests.badinput.promise import ROWS
from tests.badinput.rows import Row, outcome
from tests.badinput.wire import Answer, parsed

REAL = (
    "body over the limit",
    "same key, at once",
    "link tampered",
    "result not ready",
    "URL redirect, slow, too large",
    "URL rebinding",
    "malformed id, ../",
)
"""Lines that sockets, several threads or a worker's network decide; the others are in tests/api and tests/worker."""

SLOW = {"slow", "a manifest"}
SHORT = [row for row in ROWS if row.line in REAL and row.name not in SLOW and not row.settings]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with pytest.MonkeyPatch.context(), Place(tmp_path_factory.mktemp("badinput")) as place:
        yield place


@pytest.mark.parametrize("row", SHORT, ids=lambda row: f"{row.line}: {row.name}"[:80])
def test_a_promised_row_is_kept_over_real_connections(row: Row, place: Place) -> None:
    assert outcome(row, place).fault is None


def test_drawn_requests_meet_a_success_or_a_problem(place: Place) -> None:
    tally = specs.run(place, 7, 40)
    assert not tally.faults
    assert (tally.lost, tally.sent >= 40) == (0, True)


HEAD = b"GET /v1/me HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
SMUGGLED = b"GET /v1/keys HTTP/1.1\r\nHost: x\r\n\r\n"

SLUGS = {400: "malformed-body", 414: "address-too-long", 431: "headers-too-large"}
UNREADABLE = {
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(40) + b"\r\n\r\n", 400),
    "a path of 9 kB": (b"GET /" + b"y" * 9_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    "another version": (b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", 400),
    "a method in brackets": (b"{GET} / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "101 headers": (HEAD + b"X: y\r\n" * 101 + b"\r\n", 431),
    "a header of 10 kB": (HEAD + b"X: " + b"y" * 10_000 + b"\r\n\r\n", 431),
    "a header without a colon": (HEAD + b"Authorization\r\n\r\n", 400),
    "a space before a colon": (HEAD + b"Authorization : x\r\n\r\n", 400),
    "a header folded": (HEAD + b"X: y\r\n z\r\n\r\n", 400),
    "a NUL in a header": (HEAD + b"X: \x00\r\n\r\n", 400),
    "lines that end in LF alone": (b"GET /v1/me HTTP/1.1\nHost: x\n\n", 400),
    "two lengths": (POST + b"Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}" + SMUGGLED, 400),
    "a length with a sign": (POST + b"Content-Length: +2\r\n\r\n{}", 400),
    "a length that is none": (POST + b"Content-Length: two\r\n\r\n{}", 400),
    "a length and chunks": (POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED, 400),
    "chunks and a length": (POST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + SMUGGLED, 400),
    "chunks twice": (POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "chunks, then gzip": (POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n" + SMUGGLED, 400),
    "chunks misspelt": (POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400),
    "chunks by a tab": (POST + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n", 400),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_no_request_is_one_problem_and_smuggles_nothing(name: str, place: Place) -> None:
    sent, status = UNREADABLE[name]
    answer = place.say(sent)
    assert (answer.status, answer.slug) == (status, SLUGS[status])
    assert answer.headers["connection"] == "close"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert not re.search(r"\d", answer.headers.get("server", "")), "which version it is"
    place.check_alive()


def test_a_body_without_a_length_is_no_body(place: Place) -> None:
    answer = place.say(place.head("POST", "/v1/jobs", "Content-Type: application/json") + b'{"operations": "auto"}')
    assert (answer.status, answer.slug) == (400, "malformed-json")


def test_a_request_behind_another_is_answered_too_and_as_itself(place: Place) -> None:
    first, second = _both(place, place.head("GET", "/v1/jobs/job_x"), place.head("GET", "/v1/me", "Connection: close"))
    assert (first.status, first.slug) == (404, "not-found")
    assert (second.status, second.document["tenant"]) == (200, "shop")


@pytest.mark.parametrize("target", ["http://127.0.0.1:6379/v1/me", "http://metadata.google.internal/v1/me"])
def test_an_absolute_address_leads_nowhere_else(target: str, place: Place) -> None:
    answer = place.say(place.head("GET", target, "Connection: close"))
    assert answer.status in {200, 400, 404}
    if answer.status == 200:
        assert answer.document["tenant"] == "shop"


def test_a_host_that_was_made_up_is_told_to_nobody_else(place: Place) -> None:
    """Links lead to where a client says that it found the server; whoever asks next is told nothing of it."""
    job = place.done()["id"]
    rest = f" HTTP/1.1\r\nHost: %b\r\nX-Forwarded-Host: forwarded.example\r\nAuthorization: Bearer {place.shop_key}\r\n"
    asked = f"GET /v1/jobs/{job}{rest}Connection: close\r\n\r\n".encode()
    made_up, true = (place.say(asked % host) for host in (b"evil.example", b"shop.example"))
    for answer, host in ((made_up, "evil.example"), (true, "shop.example")):
        assert (answer.status, answer.document["id"]) == (200, job), answer.text
        assert urlsplit(answer.document["outputs"][0]["url"]).netloc == host
        assert b"forwarded.example" not in answer.body, "only a proxy that the operator names is believed"
    assert b"evil.example" not in true.body + repr(true.headers).encode()


def _both(place: Place, first: bytes, second: bytes) -> tuple[Answer, Answer]:
    """The answers to two requests that are sent at once, and nothing behind them."""
    with closing(socket.create_connection(("127.0.0.1", place.port), timeout=60)) as connection:
        connection.sendall(first + second)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    _, *answers = received.split(b"HTTP/1.1 ")
    assert len(answers) == 2, received
    one, other = (parsed(b"HTTP/1.1 " + answer) for answer in answers)
    return one, other
