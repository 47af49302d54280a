"""The process that keeps a stack running: what ends it, and what must not."""

import os
import signal
import socket
import threading
import time
from contextlib import suppress
from functools import partial
from types import SimpleNamespace

import pytest

from packshot.locating import STACK_FILE
from packshot.stack import supervisor
from packshot.stack.addresses import Address
from packshot.stack.children import Child, ChildSpec
from packshot.stack.errors import StackError
from packshot.stack.folder import DataFolder
from packshot.stack.redis_probe import refusal
from packshot.stack.supervisor import StackOrder, Supervisor
from tests.ports import free_port
from tests.waiting import PATIENCE_S


def test_a_terminal_that_is_closed_ends_it_in_order_though_nobody_hears_it(tmp_path, monkeypatch):
    heard = []

    def say(text):
        heard.append(text)
        raise OSError(5, "Input/output error")

    stack = Supervisor(StackOrder(tmp_path, port=free_port()), say)

    def start(_lock, _announce):
        stack._say("a part that died restarts")
        os.kill(os.getpid(), signal.SIGHUP)

    drained = []
    monkeypatch.setattr(stack, "_start", start)
    monkeypatch.setattr(stack, "_stop", lambda children, _patience_s: drained.append(list(children)))
    before = signal.getsignal(signal.SIGHUP)
    stack.run(lambda _url, _folder: None)
    assert heard == ["a part that died restarts"]
    assert len(drained) == 3
    assert signal.getsignal(signal.SIGHUP) == before


def test_what_nohup_started_outlives_its_terminal():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert signal.SIGHUP not in supervisor._signals_to_leave()
    finally:
        signal.signal(signal.SIGHUP, before)
    assert signal.SIGHUP in supervisor._signals_to_leave()


def test_the_port_of_a_stack_that_was_killed_is_waited_for(tmp_path):
    """Its API finishes what it answers."""
    (tmp_path / STACK_FILE).write_text("{}")
    port = free_port()
    with socket.create_server(("127.0.0.1", port)) as of_the_dead:
        said: list[str] = []

        def say(text: str) -> None:
            said.append(text)
            of_the_dead.close()

        waiting = Supervisor(StackOrder(tmp_path, port=port), say)
        with waiting._folder.held():
            assert waiting._claim_port([]).port == port
    assert said == [f"waiting for up to 15 s for port {port}: a stack was killed here"]


def test_a_port_that_another_has_is_not_waited_for(tmp_path, monkeypatch):
    clock = SimpleNamespace(monotonic=time.monotonic, sleep=lambda _: pytest.fail("it waits"))
    monkeypatch.setattr(supervisor, "time", clock)
    with socket.create_server(("127.0.0.1", free_port())) as another:
        stack = Supervisor(StackOrder(tmp_path, port=another.getsockname()[1]), print)
        with DataFolder(tmp_path).held(), pytest.raises(StackError, match="is taken"):
            stack._claim_port([])


def test_api_and_workers_follow_a_redis_whose_port_was_taken(tmp_path, monkeypatch):
    stack = Supervisor(StackOrder(tmp_path, workers=2), print)
    monkeypatch.setattr(Child, "start", lambda _: None)
    stack._folder.redis_url.parent.mkdir(parents=True)
    stack._folder.redis_url.write_text("redis://:secret@127.0.0.1:2/0\n")
    stack._redis = Child(ChildSpec("redis", "jobs.redis_server"), tmp_path)
    stack._start_server(Address("127.0.0.1", 1), "redis://:secret@127.0.0.1:1/0")
    told = []
    monkeypatch.setattr(Child, "send", lambda child, number: told.append((child.name, number)))
    stack._follow_redis()
    assert told == [], "Redis was not restarted"
    stack._redis.restarts = 1
    for _ in range(2):
        stack._follow_redis()
    assert told == [("api", signal.SIGTERM), ("worker-1", signal.SIGKILL), ("worker-2", signal.SIGKILL)]
    assert {child.spec.environment["PACKSHOT_REDIS_URL"][-4:] for child in (stack._api, *stack._workers)} == {":2/0"}


def test_a_redis_that_runs_and_refuses_is_told_of_once_and_that_it_works_again(tmp_path, monkeypatch):
    answers, heard = [b"-MISCONF Errors writing to the AOF file: No space left on device\r\n"], []
    with socket.create_server(("127.0.0.1", 0)) as redis:
        threading.Thread(target=_answer_with, args=(redis, answers), daemon=True).start()
        stack = Supervisor(StackOrder(tmp_path), heard.append)
        stack._redis = Child(ChildSpec("redis", "jobs.redis_server", ()), tmp_path)
        url = f"redis://127.0.0.1:{redis.getsockname()[1]}/0"
        monkeypatch.setattr(stack._folder.__class__, "read_redis_url", lambda _: url)
        monkeypatch.setattr(supervisor, "LISTEN_S", 0.0)
        monkeypatch.setattr(supervisor, "refusal", partial(refusal, timeout_s=PATIENCE_S))
        stack._listen_to_redis()
        stack._listen_to_redis()
        answers[0] = b""  # too busy to say anything: it does not work for that
        stack._listen_to_redis()
        answers[0] = b"+PONG\r\n"
        stack._listen_to_redis()
        stack._listen_to_redis()
    told, again = heard
    assert told.endswith("nothing is taken: MISCONF Errors writing to the AOF file: No space left on device")
    assert again == "Redis works again"


def _answer_with(server, answers):
    with suppress(OSError):
        while True:
            connection, _ = server.accept()
            with connection:
                connection.recv(256)
                connection.sendall(answers[0])
