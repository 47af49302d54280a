"""A container's health check: this host's worker, and nobody else's."""

import os
import socket
from typing import Any

import pytest

from jobs.presence import living_owners
from worker.alive import main
from worker.presence import Presence, forget_predecessors
from worker.workshop import Workshop


@pytest.mark.parametrize(("host", "ago_s", "code"), [("", 1, 0), ("", 60, 1), ("another-host", 1, 1)])
def test_a_worker_lives_that_told_so_lately_from_this_host(
    host: str, ago_s: int, code: int, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PACKSHOT_REDIS_URL", store.settings.redis_url)
    host = host or socket.gethostname()
    store.redis.zadd("packshot:workers", {f"{host}-1-aa": (store.redis.time()[0] - ago_s) * 1000})
    store.redis.hset(f"packshot:worker:{host}-1-aa", "host", host)
    assert main([]) == code


def test_a_host_whose_name_goes_on_is_another(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PACKSHOT_REDIS_URL", store.settings.redis_url)
    longer = f"{socket.gethostname()}-2"
    store.redis.zadd("packshot:workers", {f"{longer}-1-aa": store.redis.time()[0] * 1000})
    store.redis.hset(f"packshot:worker:{longer}-1-aa", "host", longer)
    assert main([]) == 1


def test_a_fleets_health_checks_do_not_ask_each_of_the_others(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each host asks every few seconds: by all the others' entries that would be the square of the fleet."""
    monkeypatch.setenv("PACKSHOT_REDIS_URL", store.settings.redis_url)
    now_ms = store.redis.time()[0] * 1000
    for owner in (f"{host}-1-aa" for host in (socket.gethostname(), *(f"pod{number}" for number in range(40)))):
        store.redis.zadd("packshot:workers", {owner: now_ms})
        store.redis.hset(f"packshot:worker:{owner}", "host", owner.removesuffix("-1-aa"))
    store.redis.config_resetstat()
    assert main([]) == 0
    assert store.redis.info("commandstats")["cmdstat_hmget"]["calls"] == 1


@pytest.mark.parametrize("url", ["", "redis://:hidden@127.0.0.1:1/0", "nonsense://:hidden@x"])
def test_without_redis_no_worker_lives_and_no_password_is_told(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PACKSHOT_REDIS_URL", url)
    assert main([]) == 1
    assert "hidden" not in capsys.readouterr().err


def test_a_worker_is_ready_from_its_first_word_until_it_is_told_to_leave(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PACKSHOT_REDIS_URL", workshop.settings.redis_url)
    workshop.owner = f"{socket.gethostname()}-1-aa"
    assert main(["--ready"]) == 1
    Presence(workshop).announce()
    assert main(["--ready"]) == 0
    workshop.draining.set()
    Presence(workshop).announce()
    capsys.readouterr()
    assert (main(["--ready"]), main([])) == (1, 0)
    assert "no worker on this host takes jobs" in capsys.readouterr().err


def test_a_container_that_starts_anew_is_not_ready_by_its_predecessors_word(store: Any) -> None:
    """It has the same name and the same process id; what others on the host say stays."""
    here, gone = socket.gethostname(), 2**22 + 1  # beyond the largest process id
    for owner, host, pid in (
        ("before", here, os.getpid()),
        ("lost", here, gone),
        ("beside", here, 1),
        ("far", "x", gone),
    ):
        store.redis.zadd("packshot:workers", {owner: store.redis.time()[0] * 1000})
        store.redis.hset(f"packshot:worker:{owner}", mapping={"host": host, "pid": pid})
    forget_predecessors(store.redis)
    assert living_owners(store.redis)[0] == ["beside", "far"]
    assert not store.redis.exists("packshot:worker:before")
