"""A container's health check: this host's worker, and nobody else's."""

import socket
from typing import Any

import pytest

from worker.alive import main


@pytest.mark.parametrize(("host", "ago_s", "code"), [("", 1, 0), ("", 60, 1), ("another-host", 1, 1)])
def test_a_worker_lives_that_told_so_lately_from_this_host(
    host: str, ago_s: int, code: int, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PACKSHOT_REDIS_URL", store.settings.redis_url)
    store.redis.zadd("packshot:workers", {"someone": (store.redis.time()[0] - ago_s) * 1000})
    store.redis.hset("packshot:worker:someone", "host", host or socket.gethostname())
    assert main() == code


@pytest.mark.parametrize("url", ["", "redis://:hidden@127.0.0.1:1/0", "nonsense://:hidden@x"])
def test_without_redis_no_worker_lives_and_no_password_is_told(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PACKSHOT_REDIS_URL", url)
    assert main() == 1
    assert "hidden" not in capsys.readouterr().err
