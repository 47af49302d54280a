"""A whole service at its most talkative, behind a Redis account with no more rights than docker/redis.acl gives it.

Everything secret is shown to it, rightly and wrongly. Afterwards no log, no process list and no queue holds any of it,
and Redis had to refuse it nothing.
"""

import json
import re
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from benchmarks.service import Service
from jobs.connection import connect
from jobs.redis_server import EmbeddedRedis

ROOT = Path(__file__).parents[2]
PHOTO = ROOT / "docs" / "samples" / "mug.jpg"
ENDED = {"succeeded", "failed", "canceled", "expired"}
PATIENCE_S = 90


def secret(name: str) -> str:
    """Letters that are found nowhere by chance."""
    return f"{name}-{secrets.token_hex(12)}"


@dataclass
class Stack:
    """The service, the administrator's Redis beside it, and every secret that was shown."""

    service: Service
    redis: Any
    redis_log: Path
    url: str
    key: str
    secrets: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def call(self, method: str, path: str, key: str | None = None, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key or self.key}", **options.pop("headers", {})}
        answer = httpx.request(method, self.url + path, headers=headers, timeout=60, trust_env=False, **options)
        if answer.status_code >= 400:
            self.problems.append(answer.text)
        return answer

    def raw(self, head: str, *, leave: bool = False) -> bytes:
        """Bytes as they are; ``leave``: hang up before they are a request."""
        host, port = self.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), 30) as connection:
            connection.sendall(head.encode("latin-1"))
            if leave:
                return b""
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def logs(self) -> dict[str, str]:
        """Every log there is, by its path."""
        paths = [self.redis_log, *self.service.folder.rglob("*.log")]
        return {str(path): path.read_text(errors="replace") for path in paths}

    def ended(self, job_id: str) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            job = self.call("GET", f"/v1/jobs/{job_id}?wait=10").json()
            if job["state"] in ENDED:
                return dict(job)
        raise AssertionError(f"{job_id} has not ended")


def limited_account(admin: Any, password: str) -> None:
    """The user of docker/redis.acl, in a Redis that has another for us to look with."""
    [line] = [
        line for line in (ROOT / "docker" / "redis.acl").read_text().splitlines() if line.startswith("user packshot ")
    ]
    rules = line.replace("#PASSWORD_SHA256", f">{password}").split()[2:]
    admin.execute_command("ACL", "SETUSER", "packshot", *rules)
    admin.execute_command("ACL", "LOG", "RESET")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("service")
    server = EmbeddedRedis(tmp_path_factory.mktemp("redis"))
    hidden = {name: secret(name) for name in ("redis-password", "s3-secret", "s3-id")}
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PACKSHOT_REDIS_URL", raising=False)
        server.start()
    admin = connect(server.url)
    admin.config_set("loglevel", "debug")
    limited_account(admin, hidden["redis-password"])
    place = server.url.partition("@")[2]
    settings = {
        "PACKSHOT_REDIS_URL": f"redis://packshot:{hidden['redis-password']}@{place}",
        "PACKSHOT_LOG_LEVEL": "debug",
        "PACKSHOT_FETCH_URLS": "true",
        "AWS_SECRET_ACCESS_KEY": hidden["s3-secret"],
        "AWS_ACCESS_KEY_ID": hidden["s3-id"],
        "HOME": "/nonexistent",  # as in the container
    }
    try:
        with Service(folder, settings=settings) as service:
            url = json.loads((folder / "data" / "stack.json").read_text())["url"]
            key = (folder / "data" / "dev-key").read_text().strip()
            hidden |= {"dev key": key.partition(".")[2], "admin's password": server.url.split(":")[2].partition("@")[0]}
            yield Stack(service, admin, Path(server._data_dir) / "redis" / "log", url, key, hidden)
    finally:
        admin.close()
        server.stop()


@pytest.fixture(scope="module")
def used(stack: Stack) -> Stack:
    """The stack, after everybody has shown it what they should have kept to themselves."""
    _as_a_shop(stack)
    _as_a_page(stack)
    _as_an_owner(stack)
    _as_a_stranger(stack)
    return stack


def _as_a_shop(stack: Stack) -> None:
    """A job with its webhook, another by a signed address, links to the picture."""
    hidden = stack.secrets
    hidden |= {name: secret(name) for name in ("idempotency", "hook-token", "photo-signature", "endpoint-token")}
    upload = stack.call(
        "POST", "/v1/uploads", content=PHOTO.read_bytes(), headers={"Content-Type": "image/jpeg"}
    ).json()["id"]
    spec = {"input": {"upload": upload}, "operations": [{"op": "resize", "width": 64}]}
    hook = {"url": f"https://hooks.example/?token={hidden['hook-token']}", "events": ["job.succeeded"]}
    sent = stack.call(
        "POST", "/v1/jobs", json=spec | {"webhook": hook}, headers={"Idempotency-Key": hidden["idempotency"]}
    )
    assert sent.status_code == 202, sent.text
    job = stack.ended(sent.json()["id"])
    assert job["state"] == "succeeded", job
    link = job["outputs"][0]["url"]
    hidden["link's signature"] = re.search(r"signature=(\w+)", link)[1]  # type: ignore[index]
    assert httpx.get(link, trust_env=False).status_code == 200
    assert stack.call("GET", link.removeprefix(stack.url).replace("outputs/0", "outputs/1")).status_code == 403
    address = f"https://photos.invalid/shoe.jpg?X-Amz-Signature={hidden['photo-signature']}"
    fetched = stack.call(
        "POST", "/v1/jobs", json={"input": {"url": address}, "operations": [{"op": "resize", "width": 64}]}
    )
    assert stack.ended(fetched.json()["id"])["state"] == "failed"
    made = stack.call(
        "POST", "/v1/webhooks", json={"url": f"https://hooks.invalid/?t={hidden['endpoint-token']}"}
    ).json()
    hidden["webhook's secret"] = made["secret"].removeprefix("whsec_")
    stack.call("POST", f"/v1/webhooks/{made['id']}/test")
    rotated = stack.call("POST", f"/v1/webhooks/{made['id']}/rotate").json()["secret"]
    hidden["webhook's next secret"] = rotated.removeprefix("whsec_")
    for endpoint in stack.call("GET", "/v1/webhooks").json()["items"]:
        told = stack.call("GET", f"/v1/webhooks/{endpoint['id']}/secret").json()["secret"]
        hidden[f"secret of {endpoint['id']}"] = told.removeprefix("whsec_")
    rows = {"defaults": {"operations": spec["operations"]}, "items": [{"sku": "one", "upload": upload}]}
    batch = stack.call("POST", "/v1/batches", json=rows)
    assert batch.status_code == 202, batch.text
    assert stack.call("GET", f"/v1/batches/{batch.json()['id']}?wait=30").json()["counts"]["succeeded"] == 1
    for path in ("archive", "results", "items"):
        assert stack.call("GET", f"/v1/batches/{batch.json()['id']}/{path}").status_code == 200
    note = {"verdict": "approved", "note": "fine"}
    assert stack.call("POST", f"/v1/jobs/{job['id']}/outputs/0/decision", json=note).status_code == 200
    assert stack.call("DELETE", f"/v1/jobs/{job['id']}").status_code == 204


def _as_a_page(stack: Stack) -> None:
    wish = {"origins": [stack.url], "spec": {"operations": [{"op": "resize", "width": 64}]}}
    token = stack.call("POST", "/v1/upload-tokens", json=wish).json()["token"]
    stack.secrets["upload token"] = token.partition(".")[2]
    headers = {"Origin": stack.url, "Content-Type": "image/jpeg"}
    assert stack.call("POST", "/v1/uploads", token, content=PHOTO.read_bytes(), headers=headers).status_code in {
        200,
        201,
    }
    assert stack.call("GET", "/v1/jobs", token, headers={"Origin": stack.url}).status_code == 403


def _as_an_owner(stack: Stack) -> None:
    made = stack.call("POST", "/v1/keys", json={"scopes": ["jobs:read"], "name": "till"}).json()
    rotated = stack.call("POST", f"/v1/keys/{made['id']}/rotate").json()
    stack.secrets |= {"key": made["key"].partition(".")[2], "next key": rotated["key"].partition(".")[2]}
    assert stack.call("GET", "/v1/jobs", rotated["key"]).status_code == 200
    assert stack.call("POST", "/v1/links/rotate").status_code == 200
    for path in ("overview", "workers", "jobs", "failures", "dead"):
        assert stack.call("GET", f"/v1/operator/{path}").status_code == 200
    for path in ("/readyz", "/v1/models", "/v1/me", "/v1/keys", "/metrics"):
        stack.call("GET", path)
    with httpx.stream("GET", stack.url + "/v1/events", headers={"Authorization": f"Bearer {stack.key}"}) as events:
        next(events.iter_bytes())


def _as_a_stranger(stack: Stack) -> None:
    """Secrets in every place but the right one."""
    hidden = stack.secrets
    wrong = {
        name: secrets.token_urlsafe(32)[:43] for name in ("wrong key", "wrong token", "x-api-key", "basic", "query")
    }
    wrong |= {
        name: secret(name.replace(" ", "-")) for name in ("in json", "in a name", "cut off", "bad head", "bad line")
    }
    hidden |= wrong | {"hung up": secret("hung-up"), "much": secret("much"), "cursor": secret("cursor")}
    stack.call("GET", "/v1/me", f"psk_{'0' * 16}.{hidden['wrong key']}")
    stack.call("GET", "/v1/me", f"put_{'0' * 16}.{hidden['wrong token']}")
    stack.call("GET", "/v1/me", headers={"Authorization": "", "X-Api-Key": f"psk_{'1' * 16}.{hidden['x-api-key']}"})
    stack.call("GET", "/v1/me", headers={"Authorization": f"Basic {hidden['basic']}"})
    stack.call("GET", "/v1/me", hidden["cut off"])
    httpx.get(f"{stack.url}/v1/jobs?api_key={hidden['query']}", trust_env=False)
    httpx.get(f"{stack.url}/v1/jobs/x/outputs/0?signature={hidden['query']}", trust_env=False)
    httpx.post(f"{stack.url}/v1/jobs", content=json.dumps({"key": hidden["in json"]}), trust_env=False)
    start = "GET /v1/me HTTP/1.1\r\nHost: x\r\n"
    stack.raw(f"{start}Authorization Bearer {hidden['bad head']}\r\n\r\n")
    stack.raw(f"{start}Authori{{zation: Bearer {hidden['bad head']}\r\n\r\n")
    stack.raw(f"{start}{hidden['in a name']}@: x\r\n\r\n")
    stack.raw(f"GET /v1/me?signature={hidden['bad line']} HTTP/9.x\r\nHost: x\r\n\r\n")
    stack.raw(f"{start}Authorization: {hidden['much']}{'x' * 9000}\r\n\r\n")
    stack.raw(f"{start}Authorization: Bearer {hidden['hung up']}", leave=True)
    stack.raw(f"{start}Authorization: Bearer {hidden['hung up']}\r\nTransfer-Encoding: nonsense\r\n\r\n")
    stack.raw(
        f"POST /v1/uploads?x={hidden['hung up']} HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{hidden['hung up']}"
    )


def test_no_log_holds_a_secret(used: Stack) -> None:
    logs = used.logs()
    assert len([path for path in logs if "worker" in path or "api" in path]) >= 2, sorted(logs)
    assert "debug" in "".join(logs.values())
    leaks = {
        (name, Path(path).name) for name, told in used.secrets.items() for path, log in logs.items() if told in log
    }
    assert leaks == set()


def test_no_problem_repeats_a_secret(used: Stack) -> None:
    assert len(used.problems) >= 6
    assert {name for name, told in used.secrets.items() if any(told in problem for problem in used.problems)} == set()


def test_no_process_list_holds_a_secret(used: Stack) -> None:
    lists = []
    for process in used.service.family():
        with suppress(psutil.Error):
            lists.append(" ".join(process.cmdline()))
    assert len(lists) >= 2
    assert {name for name, told in used.secrets.items() if any(told in line for line in lists)} == set()


def test_no_message_in_the_queue_holds_more_than_an_id(used: Stack) -> None:
    for process in used.service.processes("worker"):
        process.suspend()
    try:
        hidden = secret("sent-while-nobody-takes-it")
        hook = {"url": f"https://hooks.invalid/?token={hidden}", "events": ["job.succeeded"]}
        spec = {"operations": [{"op": "generate"}], "webhook": hook, "metadata": {"note": hidden}}
        sent = [used.call("POST", "/v1/jobs", json=spec) for _ in range(3)]  # the first goes to who waits already
        assert {answer.status_code for answer in sent} == {202}
        messages = used.redis.lrange("packshot", 0, -1)
        assert any(
            answer.json()["id"] in json.loads(message)["headers"]["argsrepr"] for answer in sent for message in messages
        )
        assert {name for name, told in used.secrets.items() if any(told in message for message in messages)} == set()
        assert not any(hidden in message for message in messages)
    finally:
        for process in used.service.processes("worker"):
            process.resume()


def test_redis_keeps_no_key_and_no_token_in_clear(used: Stack) -> None:
    kept = b"".join(
        path.read_bytes() for path in used.redis_log.parent.rglob("*") if path.is_file() and "aof" in path.name
    )
    assert b"packshot:key:" in kept
    shown = ("dev key", "key", "next key", "upload token", "wrong key", "idempotency", "cut off")
    assert {name for name in shown if used.secrets[name].encode() in kept} == set()


def test_redis_had_to_refuse_nothing_to_an_account_of_so_few_rights(used: Stack) -> None:
    told = used.redis.acl_log(128)
    refused = {entry["object"] for entry in told if entry["username"] == "packshot"}
    assert refused <= {"client"}  # what a client library says of itself, and goes on without; Redis 7 lets it


@pytest.mark.parametrize(
    "command", ["FLUSHALL", "CONFIG GET *", "KEYS *", "ACL LIST", "SHUTDOWN", "GET another:key", "DEBUG SLEEP 0"]
)
def test_the_account_can_do_nothing_else(command: str, used: Stack) -> None:
    place = used.redis.connection_pool.connection_kwargs
    address = f"redis://packshot:{used.secrets['redis-password']}@{place['host']}:{place['port']}/0"
    client = connect(address)
    with pytest.raises(Exception, match=r"NOPERM|no permissions"):
        client.execute_command(*command.split())
    client.close()


@pytest.mark.parametrize(
    "sent",
    [
        "GET / HTTP/9.x\r\n\r\n",
        "nonsense\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: x\r\nX: {'y' * 9000}\r\n\r\n",
        f"GET /{'y' * 9000} HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /v1/jobs HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: nonsense\r\n\r\n",
        "POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 2\r\n\r\n",
    ],
)
def test_what_cannot_be_read_is_answered_as_carefully_as_the_rest(sent: str, used: Stack) -> None:
    head, _, body = used.raw(sent).decode().partition("\r\n\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head.splitlines()[1:])}
    assert 400 <= int(head.split()[1]) < 502
    assert headers["content-type"] == "application/problem+json"
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert not re.search(r"\d", headers.get("server", ""))
    assert json.loads(body)["status"] == int(head.split()[1])
