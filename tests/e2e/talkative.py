"""A service that tells all it can, and every secret that it was shown."""

import secrets
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from benchmarks.service import Service
from tests.waiting import until

ROOT = Path(__file__).parents[2]
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
        """One request with the development key, or another; refusals are kept in `problems`."""
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
            received = b""
            with suppress(ConnectionError):  # it may close without having read all
                connection.shutdown(socket.SHUT_WR)
                while more := connection.recv(65536):
                    received += more
            return received

    def logs(self) -> dict[str, str]:
        """Every log there is, by its path."""
        paths = [self.redis_log, *self.service.folder.rglob("*.log")]
        return {str(path): path.read_text(errors="replace") for path in paths}

    def hide(self, *names: str) -> dict[str, str]:
        """All secrets, with new ones of these names."""
        self.secrets |= {name: secret(name.replace(" ", "-")) for name in names}
        return self.secrets

    def ended(self, job_id: str) -> dict[str, Any]:
        """The job, once it has."""
        told: list[dict[str, Any]] = []

        def has_ended() -> bool:
            told.append(self.call("GET", f"/v1/jobs/{job_id}?wait=10").json())
            return told[-1]["state"] in ENDED

        until(has_ended, f"the end of {job_id}", PATIENCE_S)
        return told[-1]


def limited_account(admin: Any, password: str) -> None:
    """The user of docker/redis.acl, in a Redis that has another for us to look with."""
    [line] = [
        line for line in (ROOT / "docker" / "redis.acl").read_text().splitlines() if line.startswith("user packshot ")
    ]
    rules = line.replace("#PASSWORD_SHA256", f">{password}").split()[2:]
    admin.execute_command("ACL", "SETUSER", "packshot", *rules)
    admin.execute_command("ACL", "LOG", "RESET")
