"""Answers as they came, and requests that no HTTP library would send."""

import json
import socket
from collections.abc import Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

PROBLEM = "application/problem+json"
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Answer:
    """Status, headers (names in small letters) and body. Of a connection closed without a word, the status is 0."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body to be looked at."""
        return f"{self.status} {self.body[:600].decode('utf-8', 'replace')}"

    @cached_property
    def document(self) -> dict[str, Any]:
        """The body as JSON."""
        found = json.loads(self.body)
        assert isinstance(found, dict), self.text
        return found

    @property
    def slug(self) -> str | None:
        """The problem's, after a look at what every problem must have; None of what is no problem."""
        if not self.headers.get("content-type", "").startswith(PROBLEM):
            return None
        problem = self.document
        assert problem["status"] == self.status, self.text
        assert problem["title"], self.text
        assert problem["detail"], self.text
        assert problem["request_id"] == self.headers["x-request-id"], self.text
        if self.status in {429, 503}:
            assert int(self.headers["retry-after"]) > 0, self.text
        return str(problem["type"]).removeprefix("/problems/")

    @property
    def detail(self) -> str:
        """What the problem says."""
        return str(self.document.get("detail", ""))


NOTHING = Answer(0, {}, b"")


def exchanged(where: tuple[str, int], pieces: Iterable[bytes], *, ends: bool = True) -> Answer:
    """Send the pieces, then, if told, end our half; read to the end. The first answer that came counts."""
    with closing(socket.create_connection(where, timeout=PATIENCE_S)) as connection:
        with suppress(ConnectionError):  # the server may have answered and closed by then
            for piece in pieces:
                connection.sendall(piece)
            if ends:
                connection.shutdown(socket.SHUT_WR)
        return parsed(_read(connection))


def parsed(received: bytes) -> Answer:
    """The first answer among the bytes."""
    head, separator, body = received.partition(b"\r\n\r\n")
    if not separator:
        return NOTHING
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    length = int(headers.get("content-length", len(body)))
    return Answer(int(first.split()[1]), headers, body[:length])


def _read(connection: socket.socket) -> bytes:
    received = bytearray()
    with suppress(ConnectionError, TimeoutError):
        while more := connection.recv(65536):
            received += more
            if _whole(bytes(received)):
                break
    return bytes(received)


def _whole(received: bytes) -> bool:
    head, separator, body = received.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if separator and line.startswith(b"content-length:"):
            return len(body) >= int(line.partition(b":")[2])
    return False
