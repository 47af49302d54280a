"""A Redis that does not answer holds nobody for longer than it must, and is heard as soon as it answers again."""

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import redis

from jobs.connection import connect, is_unavailable
from jobs.redis_server import EmbeddedRedis
from jobs.silence import ASK_AGAIN_S, HeedingTlsConnection, Silence

TIMEOUT_S = 0.4
CALLERS, IN_LINE = 4, 5


@pytest.fixture
def heeding(own_redis: EmbeddedRedis) -> Iterator[redis.Redis]:
    with connect(own_redis.url, socket_timeout_s=TIMEOUT_S, heed_silence=True) as client:
        client.ping()
        yield client


def test_those_in_line_behind_a_timeout_are_told_at_once(
    own_redis: EmbeddedRedis, heeding: redis.Redis, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("jobs.silence.ASK_AGAIN_S", 60.0)
    assert own_redis.pid
    reached: list[int] = []

    def ask_in_turn() -> None:
        for _ in range(IN_LINE):
            with pytest.raises(redis.TimeoutError) as caught:
                heeding.ping()
            assert is_unavailable(caught.value)
            reached.append("is not asked now" not in str(caught.value))

    os.kill(own_redis.pid, signal.SIGSTOP)
    threads = [threading.Thread(target=ask_in_turn) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os.kill(own_redis.pid, signal.SIGCONT)
    assert len(reached) == CALLERS * IN_LINE
    assert sum(reached) < len(reached) / 2, "everybody waited for a Redis that was known not to answer"


def test_it_is_heard_again_when_it_answers_again(own_redis: EmbeddedRedis, heeding: redis.Redis):
    assert own_redis.pid
    os.kill(own_redis.pid, signal.SIGSTOP)
    for _ in range(3):
        with pytest.raises(redis.TimeoutError):
            heeding.ping()
    os.kill(own_redis.pid, signal.SIGCONT)
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            assert heeding.ping()
            break
        except redis.TimeoutError:
            time.sleep(0.05)
    with connect(own_redis.url) as other:
        other.client_kill_filter(_type="normal", skipme=True)
    assert heeding.ping(), "a connection that was lost is made anew"


def test_one_timeout_is_not_yet_silence():
    silence = Silence()
    silence.grow()
    silence.check()
    silence.grow()
    with pytest.raises(redis.TimeoutError):
        silence.check()
    silence.end()
    silence.check()


def test_one_caller_a_second_may_ask(monkeypatch: pytest.MonkeyPatch):
    now = 1000.0
    monkeypatch.setattr("jobs.silence.time.monotonic", lambda: now)
    silence = Silence()
    silence.grow()
    silence.grow()
    now += ASK_AGAIN_S
    silence.check()
    with pytest.raises(redis.TimeoutError):
        silence.check()


def test_a_host_that_swallows_connections_counts_as_silent(
    free_address: tuple[str, int], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("jobs.silence.ASK_AGAIN_S", 60.0)
    host, port = free_address
    with connect(f"redis://{host}:{port}/0", socket_timeout_s=TIMEOUT_S, retries=0, heed_silence=True) as client:
        for _ in range(2):
            with pytest.raises(redis.TimeoutError, match="Timeout"):
                client.ping()
        with pytest.raises(redis.TimeoutError, match="not asked now"):
            client.ping()


@pytest.fixture
def free_address() -> Iterator[tuple[str, int]]:
    """Something that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        yield mute.getsockname()[:2]


def test_tls_stays_tls():
    client = connect("rediss://redis.example/0", heed_silence=True)
    assert client.connection_pool.connection_class is HeedingTlsConnection
