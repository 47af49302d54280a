"""What docker/ promises: users without rights, read-only file systems, a Redis that nobody outside reaches."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

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
    assert {name for name, _ in wanted} == {"PACKSHOT_REDIS_PASSWORD", "PACKSHOT_DURABILITY"}
    needed = [how for name, how in wanted if name != "PACKSHOT_DURABILITY"]
    assert all(how.startswith(":?") for how in needed)  # compose stops where it is unset or empty
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


def test_redis_keeps_its_password_out_of_files_and_process_lists(tmp_path: Path) -> None:
    """docker/redis.sh, with a redis-server that only tells how it was called."""
    (tmp_path / "redis-server").write_text('#!/bin/sh\necho "$@"; env; cat "$2"\n')
    (tmp_path / "redis-server").chmod(0o755)
    (tmp_path / "users.acl").touch()
    script = (DOCKER / "redis.sh").read_text().replace("/run/packshot/users.acl", str(tmp_path / "users.acl"))
    script = script.replace("/packshot/redis.acl", str(DOCKER / "redis.acl"))
    environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PACKSHOT_REDIS_PASSWORD": "hidden-word"}
    told = subprocess.run(["sh", "-c", script], env=environ, capture_output=True, text=True, check=True).stdout
    assert "--aclfile" in told
    assert "user packshot reset on #" in told
    assert "hidden-word" not in told
    assert "--appendfsync everysec" in told
    environ["PACKSHOT_DURABILITY"] = "always"
    told = subprocess.run(["sh", "-c", script], env=environ, capture_output=True, text=True, check=True).stdout
    assert "--appendfsync always" in told
    without = subprocess.run(["sh", "-c", script], check=False, env={"PATH": environ["PATH"]}, capture_output=True)
    assert without.returncode != 0
