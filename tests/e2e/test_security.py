"""A whole service at its most talkative, behind a Redis account with no more rights than docker/redis.acl gives it.

Everything secret is shown to it, rightly and wrongly. Afterwards no log, no process list and no queue holds any of it,
and Redis had to refuse it nothing.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from benchmarks.service import Service
from jobs.connection import connect
from jobs.redis_server import EmbeddedRedis
from tests.e2e.talkative import Stack, limited_account, secret
from tests.e2e.visitors import as_a_page, as_a_shop, as_a_stranger, as_an_owner


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
        "PACKSHOT_MAX_ATTEMPTS": "1",  # no second look for a photo that is nowhere
        "PACKSHOT_DRAIN_TIMEOUT_S": "1",  # nobody waits for what is still under way at the end
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
    as_a_shop(stack)
    as_a_page(stack)
    as_an_owner(stack)
    as_a_stranger(stack)
    return stack


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
