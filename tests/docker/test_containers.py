"""What the compose files promise: users without rights, read-only file systems, networks that end where they should."""

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.docker.reading import COMPOSE_FILES, DOCKER, ROOT, composed, containers, seconds, settings_of_ours
from worker.settings import WorkerSettings

OURS = re.compile(r"\$\{PACKSHOT_IMAGES:-packshot\}-(api|worker|gpu):\$\{PACKSHOT_VERSION:-(\S+)\}")
STATE = {"data", "redis", "plans", "s3", "prometheus", "grafana"}


@pytest.fixture(params=containers(), ids=lambda named: named[0])
def container(request: Any) -> dict[str, Any]:
    return dict(request.param[1])


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return composed("compose.yaml")


def test_what_is_not_asked_for_does_not_start(compose: dict[str, Any]) -> None:
    profiles = {name: service.get("profiles") for name, service in compose["services"].items()}
    assert [name for name, asked in profiles.items() if asked is None] == ["redis", "api", "worker"]
    assert {name: asked for name, asked in profiles.items() if asked} == {
        "gpu": ["gpu"],
        "s3": ["s3"],
        "prometheus": ["monitoring"],
        "grafana": ["monitoring"],
    }


def test_a_container_has_no_rights_and_writes_nowhere_but_where_it_must(container: dict[str, Any]) -> None:
    uid = str(container["user"]).partition(":")[0]
    assert uid.isdecimal()
    assert int(uid) > 0
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert container["pids_limit"] > 0
    assert not {"privileged", "cap_add", "devices", "pid", "ipc", "network_mode", "userns_mode"} & set(container)
    for mount in container["tmpfs"]:
        assert {"noexec", "nosuid", "nodev"} <= set(mount.partition(":")[2].split(",")), mount
        assert "size=" in mount
    mounts = [mount.split(":") for mount in container.get("volumes", [])]
    assert all(source in STATE or more == ["ro"] for source, _, *more in mounts)
    assert not any("docker.sock" in source for source, *_ in mounts)
    assert all((DOCKER / source).exists() for source, *_ in mounts if source not in STATE)


def test_a_container_is_looked_after(container: dict[str, Any]) -> None:
    assert container["restart"] == "unless-stopped"
    assert container["init"] is True
    assert container["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
    assert container["healthcheck"]["retries"] > 0
    assert container["logging"]["options"].keys() == {"max-size", "max-file"}  # a disk full of logs stops Redis


def test_as_many_workers_as_wanted_find_room(container: dict[str, Any]) -> None:
    assert "container_name" not in container
    assert "hostname" not in container
    if "worker" in str(container.get("image")) or "gpu" in str(container.get("image")):
        assert "ports" not in container


@pytest.mark.parametrize("name", COMPOSE_FILES)
def test_a_worker_has_the_time_that_draining_takes(name: str) -> None:
    drain_s = WorkerSettings.model_fields["drain_timeout_s"].default
    for service in ("worker", "gpu"):
        told = composed(name)["services"][service]
        assert "PACKSHOT_DRAIN_TIMEOUT_S" not in told["environment"]
        assert seconds(told["stop_grace_period"]) >= drain_s + 10


@pytest.mark.parametrize("name", COMPOSE_FILES)
def test_every_setting_that_is_named_exists(name: str) -> None:
    known = settings_of_ours()
    for service, told in composed(name)["services"].items():
        if OURS.fullmatch(told["image"]):
            named = {key for key in told["environment"] if key.startswith("PACKSHOT_")}
            assert named <= known, (service, named - known)


def test_redis_is_reached_by_packshot_alone(compose: dict[str, Any]) -> None:
    redis = compose["services"]["redis"]
    assert "ports" not in redis
    assert redis["networks"] == ["inside"]
    assert all(compose["networks"][name] == {"internal": True} for name in ("inside", "store", "screens"))
    assert compose["services"]["s3"]["networks"] == ["store"]
    assert compose["services"]["api"]["ports"] == ["${PACKSHOT_LISTEN:-127.0.0.1:8080}:8080"]
    published = {name for name, told in compose["services"].items() if "ports" in told}
    assert published == {"api", "grafana"}
    assert compose["services"]["grafana"]["ports"][0].startswith("127.0.0.1:")


@pytest.mark.parametrize("name", COMPOSE_FILES)
def test_metrics_are_told_inside_alone(name: str) -> None:
    for service, told in composed(name)["services"].items():
        if OURS.fullmatch(told["image"]):
            assert told["environment"]["PACKSHOT_METRICS_PORT"] == "9100"
            assert told["expose"] == ["9100"]
            assert not any(port.endswith(":9100") for port in told.get("ports", [])), service


def variables(name: str) -> dict[str, set[str]]:
    lines = (line for line in (DOCKER / name).read_text().splitlines() if not line.lstrip().startswith("#"))
    found = re.findall(r"(?<!\$)\$\{(\w+)([^}]*)\}", "\n".join(lines))
    return {wanted: {how for one, how in found if one == wanted} for wanted, _ in found}


def test_no_password_has_a_default() -> None:
    wanted = variables("compose.yaml")
    assert all(how.startswith(":?") for how in wanted["PACKSHOT_REDIS_PASSWORD"])  # else compose stops, and says why
    for secret in ("PACKSHOT_REDIS_BACKUP_PASSWORD", "AWS_SECRET_ACCESS_KEY", "PACKSHOT_GRAFANA_PASSWORD"):
        assert wanted[secret] == {":-"}, secret  # what needs it does not start then
    url = composed("compose.yaml")["services"]["api"]["environment"]["PACKSHOT_REDIS_URL"]
    assert url.startswith("redis://packshot:${PACKSHOT_REDIS_PASSWORD:?")


@pytest.mark.parametrize("name", COMPOSE_FILES)
def test_every_variable_has_a_default_or_says_what_it_wants(name: str) -> None:
    page = (ROOT / "docs" / "deploying.md").read_text()
    for variable, hows in variables(name).items():
        assert len(hows) == 1, f"{variable} means different things: {hows}"
        [how] = hows
        assert how.startswith(":-") or re.match(r":\?set it", how), f"{variable}{how}"
        assert f"`{variable}`" in page, f"docs/deploying.md does not tell of {variable}"


def test_the_example_names_what_compose_asks_for() -> None:
    named = set(re.findall(r"^#?(\w+)=", (DOCKER / "example.env").read_text(), re.MULTILINE))
    asked = set().union(*(variables(name) for name in COMPOSE_FILES)) | {"COMPOSE_PROFILES"}
    assert named <= asked
    required = {wanted for wanted, hows in variables("compose.yaml").items() if any(how[:2] == ":?" for how in hows)}
    assert required <= named


@pytest.mark.parametrize("script", ["s3.sh", "grafana.sh", "redis.sh"])
def test_what_needs_a_password_does_not_start_without_one(script: str) -> None:
    done = subprocess.run(
        ["/bin/sh", str(DOCKER / script)], env={"PATH": "/nowhere"}, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "is not set" in done.stderr


def test_images_are_pinned_to_a_release() -> None:
    for name, told in containers():
        image = told["image"]
        pinned = r"[a-z/]+:v?\d+\.\d+[\w.-]*(@sha256:[0-9a-f]{64})?"
        assert OURS.fullmatch(image) or re.fullmatch(pinned, image), (name, image)


def test_our_images_bear_the_version_that_is_built() -> None:
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version is not None
    told = {found[2] for _, of in containers() if (found := OURS.fullmatch(of["image"]))}
    assert told == {version[1]}


def test_commands_and_health_checks_are_modules_of_ours(container: dict[str, Any]) -> None:
    if not OURS.fullmatch(container["image"]):
        return
    for words in (container.get("command", ["python", "-m", "worker"]), container["healthcheck"]["test"][1:]):
        assert words[:2] == ["python", "-m"], shlex.join(words)
        path = ROOT / Path(*words[2].split("."))
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), words[2]


def test_a_gpu_worker_starts_a_process_for_each_gpu_and_keeps_its_plans(compose: dict[str, Any]) -> None:
    for name in COMPOSE_FILES:
        gpu = composed(name)["services"]["gpu"]
        [devices] = gpu["deploy"]["resources"]["reservations"]["devices"]
        assert devices == {"driver": "nvidia", "count": "all", "capabilities": ["gpu"]}
        assert gpu["command"] == ["python", "-m", "worker", "--gpus", "${PACKSHOT_GPUS:-all}"]
        assert "plans:/plans" in gpu["volumes"]
        assert seconds(gpu["healthcheck"]["start_period"]) >= 600
