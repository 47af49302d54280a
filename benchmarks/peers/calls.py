"""One photo through a system, over HTTP, by the same few lines for all of them: no SDK, no shared connections."""

import http.client
import json
import uuid
from typing import Any, Protocol
from urllib.parse import urlsplit

TIMEOUT_S = 600.0
_WAIT_S = 20
_ENDED = ("succeeded", "failed", "canceled", "expired")


class Call(Protocol):
    """One system's way to take a photo through a task."""

    def __call__(self, task: str, photo: bytes, timeout_s: float = TIMEOUT_S) -> bytes:
        """The picture's file; raises Refused, also where a byte is waited for so long."""
        ...


OPERATIONS = {"restore": {"op": "restore", "strength": 1.0}, "relight": {"op": "relight"}}
"""The tasks as Packshot's operations: nothing mixed in, as the peers do it."""


class Refused(Exception):  # noqa: N818  (an answer, not a fault of ours)
    """A system's answer that is no picture: its status (0: the connection broke) and what it said."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text[:200]}")
        self.status = status


def post_body(url: str) -> Call:
    """For systems that take a photo's bytes at `url`/task and answer the picture."""

    def call(task: str, photo: bytes, timeout_s: float = TIMEOUT_S) -> bytes:
        with Wire(url, timeout_s) as wire:
            return wire.ask("POST", f"/{task}", photo, {"Content-Type": "image/jpeg"})

    return call


def post_form(url: str) -> Call:
    """For those that take it as a form with the parts `photo` and `task`, at `url`/predict."""

    def call(task: str, photo: bytes, timeout_s: float = TIMEOUT_S) -> bytes:
        body, kind = form({"task": task.encode()}, {"photo": photo})
        with Wire(url, timeout_s) as wire:
            return wire.ask("POST", "/predict", body, {"Content-Type": kind})

    return call


def packshot(url: str, key: str) -> Call:
    """Packshot's own way: a form with photo and spec makes a job, a long poll tells its end, a link has the picture."""

    def call(task: str, photo: bytes, timeout_s: float = TIMEOUT_S) -> bytes:
        with Wire(url, timeout_s) as wire:
            job = submit(wire, key, task, photo)
            while job["state"] not in _ENDED:
                job = wire.ask_json("GET", f"/v1/jobs/{job['id']}?wait={_WAIT_S}", b"", bearer(key))
            if job["state"] != "succeeded":
                raise Refused(job.get("problem", {}).get("status", 0), json.dumps(job["problem"]))
            link = urlsplit(job["outputs"][0]["url"])
            return wire.ask("GET", f"{link.path}?{link.query}", b"", {})

    return call


def submit(wire: "Wire", key: str, task: str, photo: bytes) -> dict[str, Any]:
    """Start a job on the photo; returns it as it is at first."""
    spec = {"operations": [OPERATIONS[task]], "output": {"format": "jpeg", "quality": 90}}
    body, kind = form({"spec": json.dumps(spec).encode()}, {"file": photo})
    return wire.ask_json("POST", "/v1/jobs", body, bearer(key) | {"Content-Type": kind})


def bearer(key: str) -> dict[str, str]:
    """The header that carries a key."""
    return {"Authorization": f"Bearer {key}"}


def form(fields: dict[str, bytes], files: dict[str, bytes]) -> tuple[bytes, str]:
    """A multipart body and its type."""
    boundary = uuid.uuid4().hex
    parts = [(f'name="{name}"', "text/plain", value) for name, value in fields.items()]
    parts += [(f'name="{name}"; filename="photo.jpg"', "image/jpeg", value) for name, value in files.items()]
    body = b"".join(
        f"--{boundary}\r\nContent-Disposition: form-data; {head}\r\nContent-Type: {kind}\r\n\r\n".encode()
        + value
        + b"\r\n"
        for head, kind, value in parts
    )
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


class Wire:
    """A connection for one photo. Raises Refused for any answer but 2xx, and for none."""

    def __init__(self, url: str, timeout_s: float = TIMEOUT_S) -> None:
        parts = urlsplit(url)
        assert parts.hostname
        self._connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout_s)

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> None:
        """Send a request whose answer nobody reads."""
        self._connection.request(method, path, body or None, headers)

    def ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
        """The answer's body."""
        try:
            self._connection.request(method, path, body or None, headers)
            answer = self._connection.getresponse()
            data = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise Refused(0, repr(error)) from error
        if not 200 <= answer.status < 300:
            raise Refused(answer.status, data.decode(errors="replace"))
        return data

    def ask_json(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
        """The same, read as a JSON object."""
        document: dict[str, Any] = json.loads(self.ask(method, path, body, headers))
        return document
