"""The real process: gunicorn, sockets, signals."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.__main__ import main
from api.dev_key import FILE_NAME
from jobs.redis_server import EmbeddedRedis
from tests.ports import free_port
from tests.waiting import until

STARTS_S = 60
THREADS = 8


@dataclass
class Server:
    """``python -m api`` on a port of its own."""

    process: subprocess.Popen[str]
    port: int
    data: Path
    log: Path
    redis_url: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def key(self) -> str:
        return (self.data / FILE_NAME).read_text().strip()

    def http(self) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=STARTS_S, trust_env=False)

    def stop(self) -> str:
        """SIGTERM; everything it said."""
        self.process.send_signal(signal.SIGTERM)
        return self.said()

    def said(self) -> str:
        """Everything, once it has ended. It goes into a file: a pipe that nobody empties would hold it up."""
        self.process.wait(STARTS_S)
        return self.log.read_text()

    def said_raw(self, *pieces: bytes) -> tuple[int, dict[str, Any]]:
        """Send bytes as they are, end our half, and read the answer."""
        with closing(socket.create_connection(("127.0.0.1", self.port), timeout=STARTS_S)) as connection:
            for piece in pieces:
                connection.sendall(piece)
            connection.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), json.loads(body)

    def head(self, path: str, *lines: str) -> bytes:
        first = [f"POST {path} HTTP/1.1", "Host: packshot", f"Authorization: Bearer {self.key}", *lines]
        return ("\r\n".join(first) + "\r\n\r\n").encode()


@pytest.fixture
def start(redis_url: str, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start a server; several at once when the test wants."""
    with ExitStack() as running:
        yield lambda **environment: running.enter_context(launched(redis_url, tmp_path, **environment))


@contextmanager
def launched(redis_url: str, data: Path, **environment: str) -> Iterator[Server]:
    """A server until the block ends; it may not be ready yet."""
    port = free_port()
    environ = {**os.environ, "PACKSHOT_REDIS_URL": redis_url, "PACKSHOT_DATA_DIR": str(data), **environment}
    command = [sys.executable, "-m", "api", "--port", str(port), "--threads", str(THREADS)]
    log = data / f"api-{port}.log"
    with log.open("w") as written:
        process = subprocess.Popen(command, env=environ, stderr=written, text=True)
    try:
        yield Server(process, port, data, log, redis_url)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


@contextmanager
def shared(folder: Path, **environment: str) -> Iterator[Server]:
    """A server for tests that leave it as it was, with a Redis of its own: the session's is emptied for each test."""
    redis = EmbeddedRedis(folder / "redis")
    redis.start()
    try:
        with launched(redis.url, folder, **environment) as server:
            yield ready(server)
    finally:
        redis.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with shared(tmp_path_factory.mktemp("server"), PACKSHOT_MAX_UPLOAD_MB="1") as server:
        yield server


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that gives up what stalls after half a second, and says nothing of it."""
    with shared(tmp_path_factory.mktemp("impatient"), PACKSHOT_API_STALL_S="0.5") as server:
        yield server
        assert "Traceback" not in server.stop()


@pytest.fixture
def ending(start: Callable[..., Server]) -> Server:
    """A server that its test ends."""
    return ready(start())


def ready(server: Server) -> Server:
    give_up_at = time.monotonic() + STARTS_S
    with httpx.Client(trust_env=False, timeout=STARTS_S) as http:
        while True:
            try:
                assert http.get(f"{server.url}/healthz").status_code == 200
            except httpx.ConnectError:
                assert time.monotonic() < give_up_at, "the server does not start"
                time.sleep(0.1)
            else:
                return server


def slug(document: dict[str, Any]) -> str:
    return str(document["type"]).removeprefix("/problems/")


def test_the_metrics_port_asks_for_no_key_and_has_nothing_else(start: Callable[..., Server]) -> None:
    port = free_port()
    server = ready(start(PACKSHOT_METRICS_PORT=str(port)))
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=STARTS_S) as open_port:
        figures = open_port.get("/metrics")
        assert figures.status_code == 200
        assert "packshot_redis_up 1.0" in figures.text
        assert 'packshot_http_requests_total{method="GET",route="/healthz",status="200"} ' in figures.text
        assert open_port.get("/v1/operator/overview").status_code == 404
    with server.http() as http:
        assert http.get("/metrics").status_code == 200
        assert http.get("/metrics", headers={"Authorization": ""}).status_code == 401


def test_a_photo_goes_all_the_way_in(server: Server, jpeg: bytes) -> None:
    with server.http() as http:
        upload = http.post("/v1/uploads", content=jpeg).json()["id"]
        body = {"input": {"upload": upload}, "operations": [{"op": "restore"}]}
        job = http.post("/v1/jobs", json=body).raise_for_status().json()
        assert http.get(job["urls"]["self"]).json()["state"] == "queued"


def test_a_chunked_photo_is_taken_and_a_chunked_flood_is_not(server: Server, encode: Callable[..., bytes]) -> None:
    jpeg = encode("JPEG", (80, 60))  # of no other test: a photo that is known already is a 200
    with server.http() as http:
        assert http.post("/v1/uploads", content=iter([jpeg[:100], jpeg[100:]])).status_code == 201
    flood = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    status, document = server.said_raw(
        server.head("/v1/uploads", "Transfer-Encoding: chunked"), flood * 20, b"0\r\n\r\n"
    )
    assert (status, slug(document)) == (413, "body-too-large")
    assert server.process.poll() is None


@pytest.mark.parametrize(
    "tail", [b"5\r\nab", b"zz\r\nabc\r\n0\r\n\r\n", b"3\r\nabcdef"], ids=["cut", "no size", "no end of chunk"]
)
def test_broken_chunks_are_a_malformed_body(tail: bytes, server: Server) -> None:
    status, document = server.said_raw(server.head("/v1/uploads", "Transfer-Encoding: chunked"), tail)
    assert (status, slug(document)) == (400, "malformed-body")


def test_clients_that_stall_do_not_hold_the_threads(impatient: Server) -> None:
    with ExitStack() as stack:
        for _ in range(3 * THREADS):
            stalled = stack.enter_context(socket.create_connection(("127.0.0.1", impatient.port), timeout=STARTS_S))
            stalled.sendall(b"GET /healthz HTTP/1.1\r\nHost: pack")
        with impatient.http() as http:
            assert http.get("/healthz").status_code == 200
        with suppress(ConnectionResetError):
            assert stalled.recv(1) == b""


@pytest.mark.parametrize("announced", ["Content-Length: 100", "Transfer-Encoding: chunked"])
def test_a_body_that_stalls_is_a_malformed_body(announced: str, impatient: Server) -> None:
    with closing(socket.create_connection(("127.0.0.1", impatient.port), timeout=STARTS_S)) as stalled:
        stalled.sendall(impatient.head("/v1/uploads", announced, "Connection: close") + b"5\r\nab")
        answer = b"".join(iter(lambda: stalled.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"malformed-body" in answer


def test_a_form_cut_short_on_the_wire_is_a_malformed_body(server: Server, jpeg: bytes) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n' + jpeg
    head = server.head(
        "/v1/uploads", "Content-Type: multipart/form-data; boundary=b", f"Content-Length: {len(body) + 9}"
    )
    status, document = server.said_raw(head, body)
    assert (status, slug(document)) == (400, "malformed-body")


def test_an_address_that_is_too_long_is_a_problem_too(server: Server) -> None:
    status, problem = server.said_raw(b"GET /v1/jobs?cursor=" + b"1" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (status, problem["type"]) == (414, "/problems/address-too-long")


def test_sigterm_answers_who_is_waiting_and_exits_cleanly(ending: Server, jpeg: bytes) -> None:
    answers: list[httpx.Response] = []
    with ending.http() as http:
        upload = http.post("/v1/uploads", content=jpeg).json()["id"]
        job = http.post("/v1/jobs", json={"input": {"upload": upload}, "operations": [{"op": "restore"}]}).json()
        url = f"{job['urls']['self']}?wait=60"
        poll = threading.Thread(target=lambda: answers.append(http.get(url, timeout=STARTS_S)))
        poll.start()
        until(lambda: "\npackshot_waiting_clients 1.0\n" in http.get("/metrics").text, "a poll that is under way")
        ending.stop()
        poll.join()
    assert answers[0].json()["state"] == "queued"
    assert ending.process.returncode == 0


WAITING = 220
END = b"\r\n0\r\n\r\n"  # of an answer in chunks


def waiting_client(server: Server, path: str) -> socket.socket:
    """A client that asks for what takes long, and does not read yet."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=STARTS_S)
    lines = [f"GET {path} HTTP/1.1", "Host: packshot", f"Authorization: Bearer {server.key}"]
    connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    return connection


def queued_job(http: httpx.Client, jpeg: bytes) -> str:
    upload = http.post("/v1/uploads", content=jpeg).json()["id"]
    job = {"input": {"upload": upload}, "operations": [{"op": "restore"}]}
    return str(http.post("/v1/jobs", json=job).raise_for_status().json()["id"])


def read_until(connection: socket.socket, wanted: bytes) -> bytes:
    received = b""
    while wanted not in received:
        chunk = connection.recv(65536)
        assert chunk, received
        received += chunk
    return received


def test_hundreds_who_wait_hold_up_nobody_and_hear_of_the_end(server: Server, jpeg: bytes) -> None:
    with server.http() as http, ExitStack() as stack:
        job_id = queued_job(http, jpeg)
        paths = [f"/v1/jobs/{job_id}/events", f"/v1/jobs/{job_id}?wait=60"]
        clients = [stack.enter_context(waiting_client(server, paths[at % 2])) for at in range(WAITING)]
        for stream in clients[::2]:
            read_until(stream, b"event: queued")
        assert http.get("/healthz").status_code == 200
        http.post(f"/v1/jobs/{job_id}/cancel").raise_for_status()
        for stream in clients[::2]:
            assert b"event: canceled" in read_until(stream, END)
        for poll in clients[1::2]:
            read_until(poll, b'"state":"canceled"')


def test_sigterm_ends_streams_and_exits_cleanly(ending: Server, jpeg: bytes) -> None:
    with ending.http() as http, ExitStack() as stack:
        job_id = queued_job(http, jpeg)
        paths = ["/v1/events", f"/v1/jobs/{job_id}/events"] * 10
        streams = [stack.enter_context(waiting_client(ending, path)) for path in paths]
        for stream in streams:
            read_until(stream, b"event: ")
        ending.process.send_signal(signal.SIGTERM)
        for stream in streams:
            assert b"event: " not in read_until(stream, END.lstrip())
            stream.close()
    assert "Traceback" not in ending.said()
    assert ending.process.returncode == 0


def test_a_client_that_hangs_up_gives_its_place_to_another(start: Callable[..., Server], jpeg: bytes) -> None:
    server = ready(start(PACKSHOT_API_WAITING="1"))
    with server.http() as http:
        path = f"/v1/jobs/{queued_job(http, jpeg)}/events"
        with waiting_client(server, path) as first:
            read_until(first, b"event: queued")
            assert http.get(path).status_code == 503
        for _ in range(3):
            again = waiting_client(server, path)
            while b" 503 " in (said := read_until(again, b"\r\n")):  # the place is free a moment after the other went
                again.close()
                again = waiting_client(server, path)
            while b"event: queued" not in said:
                said += again.recv(65536)
            again.close()


def test_two_servers_starting_at_once_make_one_development_key(start: Callable[..., Server]) -> None:
    servers = [start(), start()]
    for server in servers:
        ready(server)
    said = [server.stop() for server in servers]
    assert sum("A development key was made" in text for text in said) == 1
    assert not any(servers[0].key in text for text in said)  # no terminal, so it may be a log


def test_the_log_is_json_and_holds_no_secret(server: Server) -> None:
    key = server.key
    with server.http() as http:
        http.get("/v1/jobs/job_x/outputs/0?signature=topsecret")
        http.get("/v1/jobs", headers={"X-Request-Id": "order-17"})
    until(lambda: "order-17" in server.log.read_text())
    lines = [line for line in server.log.read_text().splitlines() if line.startswith("{")]
    requests = [entry for entry in map(json.loads, lines) if entry.get("request_id") == "order-17"]
    assert [(entry["path"], entry["status"], entry["tenant"]) for entry in requests] == [("/v1/jobs", 200, "dev")]
    assert any("/v1/jobs/job_x/outputs/0" in line for line in lines)
    assert not any("topsecret" in line or key in line for line in lines)


def test_mistakes_in_the_settings_are_told_together(start: Callable[..., Server]) -> None:
    server = start(PACKSHOT_REDIS_URL="", PACKSHOT_LINK_TTL_S="soon", PACKSHOT_MAX_UPLAOD_MB="9")
    said = server.said()
    assert server.process.returncode == 2
    assert "PACKSHOT_REDIS_URL is not set" in said
    assert "PACKSHOT_LINK_TTL_S='soon'" in said
    assert "did you mean PACKSHOT_MAX_UPLOAD_MB?" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("trouble", ["file", "garbled", "blobs"])
def test_an_unusable_folder_is_told_in_a_line(trouble: str, start: Callable[..., Server], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / FILE_NAME).write_bytes(b"\xff no key")
    below = str(tmp_path / "file" / "below")
    environment = {
        "file": {"PACKSHOT_DATA_DIR": below},
        "garbled": {},
        "blobs": {"PACKSHOT_BLOB_URL": f"file://{below}"},
    }
    server = start(**environment[trouble])
    said = server.said()
    assert server.process.returncode == 2
    assert said.startswith("The API cannot start: ")
    assert said.count("\n") == 1


def test_a_redis_that_is_too_old_is_told_in_a_line(redis_url: str, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setenv("PACKSHOT_REDIS_URL", redis_url)
    monkeypatch.setattr("redis.Redis.info", lambda *_: {"redis_version": "5.0.7"})
    assert main([]) == 2
    assert "5.0.7; Packshot needs 6.2 or newer" in capsys.readouterr().err


def test_an_operator_makes_and_revokes_keys(server: Server) -> None:
    environ = {**os.environ, "PACKSHOT_REDIS_URL": server.redis_url}
    command = [sys.executable, "-m", "api", "keys"]
    made = subprocess.run(
        [*command, "create", "--tenant", "shop", "--scope", "jobs:read"],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    key = made.stdout.strip()
    own = {"X-Api-Key": key}
    with httpx.Client(base_url=server.url, headers=own, timeout=STARTS_S, trust_env=False) as http:
        assert http.get("/v1/jobs").status_code == 200
        assert http.post("/v1/jobs", json={}).status_code == 403
        subprocess.run([*command, "revoke", key[4:20]], env=environ, check=True)
        assert http.get("/v1/jobs").status_code == 401
