"""Starts Redis, API and workers in order, keeps them running, and drains them in the reverse order of need."""

import os
import signal
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path

import httpx

from packshot.stack.addresses import Address, claim_port
from packshot.stack.children import Child, ChildSpec
from packshot.stack.errors import StackError
from packshot.stack.folder import DataFolder
from packshot.stack.metrics_ports import as_environment, claim_metrics, metrics_addresses, tellers
from packshot.stack.redis_probe import answers, refusal

TICK_S = 0.05
WORKER_DRAIN_S = 60.0
STOP_S = 15.0
STILL_WARMING_S = 30.0
LISTEN_S = 5.0


@dataclass(frozen=True)
class StackOrder:
    """What to run. `port` 0 takes any free one; `redis_url` None runs an own Redis in the data folder.

    `gpus` is handed to the one worker, which then runs a process for each of them.
    """

    data: Path
    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 1
    redis_url: str | None = None
    gpus: str | None = None


class Supervisor:
    """`run` returns after SIGINT, SIGTERM or SIGHUP, with every child gone.

    Main thread only: it owns the signal handlers.
    """

    def __init__(self, order: StackOrder, say: Callable[[str], None]) -> None:
        self._order = order
        self._say_aloud = say
        self._folder = DataFolder(order.data)
        self._redis: Child | None = None
        self._api: Child | None = None
        self._workers: list[Child] = []
        self._signals = 0  # 1: drain; 2: kill
        self._refusal, self._listens_at = "", 0.0

    def run(self, announce: Callable[[str, DataFolder], None]) -> None:
        """Runs the stack; `announce(url, folder)` is called once it is ready. Raises StackError if it cannot start."""
        handlers = {number: signal.signal(number, self._on_signal) for number in _signals_to_leave()}
        try:
            with self._folder.held() as lock:
                try:
                    self._start(lock, announce)
                    self._keep_running()
                finally:
                    self._drain()
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def _say(self, text: str) -> None:
        with suppress(OSError):  # the terminal was closed, or whoever read along has gone
            self._say_aloud(text)

    def _on_signal(self, _number: int, _frame: object) -> None:
        self._signals += 1

    def _start(self, lock: int, announce: Callable[[str, DataFolder], None]) -> None:
        told = metrics_addresses(tellers(self._order.workers, self._order.gpus))
        address = self._claim_port([one.port for one in told])
        claim_metrics(told, address)
        redis_url = self._order.redis_url or self._start_redis(lock)
        if redis_url is None:
            return
        self._start_server(address, redis_url)
        # Jobs are taken as soon as the API answers; they wait in the queue while the workers load their models.
        if self._await(lambda: _is_ok(f"{address.url}/healthz"), "the API"):
            self._folder.publish(address.url)
            if self._await(lambda: _is_ok(f"{address.url}/readyz"), "the worker"):
                announce(address.url, self._folder)

    def _claim_port(self, spared: Collection[int]) -> Address:
        """As `claim_port`; the API of a stack that was killed here has its time to finish what it answers."""
        give_up_at, told = time.monotonic() + (STOP_S if self._folder.was_killed else 0), False
        while True:
            try:
                return claim_port(self._order.host, self._order.port, spared)
            except StackError:
                if self._signals or time.monotonic() >= give_up_at:
                    raise
            if not told:
                self._say(f"waiting for up to {STOP_S:g} s for port {self._order.port}: a stack was killed here")
                told = True
            time.sleep(TICK_S)

    def _start_redis(self, lock: int) -> str | None:
        """The URL of our own Redis once it answers; None if we were told to stop meanwhile."""
        data = str(self._folder.path)
        self._redis = Child(
            ChildSpec("redis", "jobs.redis_server", ("--data", data), inherits=(lock,)), self._folder.logs
        )
        self._redis.start()
        found: list[str] = []

        def is_up() -> bool:
            url = self._folder.read_redis_url()
            if url is None:
                return False
            found[:] = [url]
            return answers(url)

        return found[0] if self._await(is_up, "Redis") else None

    def _start_server(self, address: Address, redis_url: str) -> None:
        environment = {"PACKSHOT_DATA_DIR": str(self._folder.path), "PACKSHOT_REDIS_URL": redis_url}
        where = ("--host", address.host, "--port", str(address.port))
        self._api = Child(ChildSpec("api", "api", where, environment), self._folder.logs)
        gpus = () if self._order.gpus is None else ("--gpus", self._order.gpus)
        names = ["worker"] if self._order.workers == 1 else [f"worker-{n + 1}" for n in range(self._order.workers)]
        self._workers = [
            Child(ChildSpec(name, "worker", gpus, environment | as_environment(at), signal.SIGKILL), self._folder.logs)
            for name, at in zip_longest(names, metrics_addresses(1 + len(names))[1:])
        ]
        for child in [self._api, *self._workers]:
            child.start()

    def _await(self, is_so: Callable[[], bool], what: str) -> bool:
        """True once `is_so`; False if told to stop first. Raises StackError when a child dies meanwhile."""
        told = time.monotonic()
        while not self._signals:
            for child in self._children():
                if not child.runs:
                    raise StackError(_obituary(child))
            if is_so():
                return True
            if time.monotonic() - told > STILL_WARMING_S:
                told = time.monotonic()
                self._say(f"still waiting for {what}; the logs are in {self._folder.logs}")
            time.sleep(TICK_S)
        return False

    def _keep_running(self) -> None:
        while not self._signals:
            for child in self._children():
                pause_s = child.tend()
                if pause_s is not None:
                    self._say(f"{_obituary(child, lines=5)}\n{child.name} restarts in {pause_s:g} s")
            self._follow_redis()
            self._listen_to_redis()
            time.sleep(TICK_S)

    def _follow_redis(self) -> None:
        """Another program may have taken the port of a Redis that died: who knows the old one starts anew."""
        if self._redis is None or not self._redis.restarts:
            return
        url = self._folder.read_redis_url()
        for child in [self._api, *self._workers]:
            if child is None or url in {None, child.spec.environment["PACKSHOT_REDIS_URL"]}:
                continue
            self._say(f"Redis has another port now: {child.name} follows")
            child.spec = replace(child.spec, environment={**child.spec.environment, "PACKSHOT_REDIS_URL": str(url)})
            child.send(signal.SIGTERM if child is self._api else signal.SIGKILL)  # no record hears what a worker ends

    def _listen_to_redis(self) -> None:
        """One that runs and refuses to work, as with a full disk, which may take no line of a log either."""
        if self._redis is None or time.monotonic() < self._listens_at:
            return
        self._listens_at = time.monotonic() + LISTEN_S
        url = self._folder.read_redis_url()
        words = refusal(url) if url else None
        if words is None:
            return
        if bool(words) != bool(self._refusal):
            self._say(f"Redis refuses to work, and so nothing is taken: {words}" if words else "Redis works again")
        self._refusal = words

    def _drain(self) -> None:
        """Workers first, so that they can still write what they finish; Redis last."""
        self._folder.unpublish()
        if self._signals and self._workers:
            self._say("draining: photos in work are finished first; Ctrl-C again stops at once")
        self._stop(self._workers, WORKER_DRAIN_S)
        self._stop([self._api] if self._api else [], STOP_S)
        self._stop([self._redis] if self._redis else [], STOP_S)

    def _stop(self, children: Iterable[Child], patience_s: float) -> None:
        living = [child for child in children if child.runs]
        for child in living:
            child.send(signal.SIGTERM)
        until = time.monotonic() + patience_s
        while any(child.runs for child in living):
            if time.monotonic() > until or self._signals > 1:
                for child in living:
                    child.send(signal.SIGKILL)
            time.sleep(TICK_S / 5)

    def _children(self) -> list[Child]:
        return [child for child in (self._redis, self._api, *self._workers) if child is not None]


def _signals_to_leave() -> list[signal.Signals]:
    """A closed terminal ends it as Ctrl-C does, unless it was started by `nohup`."""
    hang_up = [] if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN else [signal.SIGHUP]
    return [signal.SIGINT, signal.SIGTERM, *hang_up]


def _obituary(child: Child, lines: int = 20) -> str:
    if child.refused is not None:
        return f"{child.name} could not be started: {child.refused}"
    code = child.exit_code
    how = f"was ended by {signal.Signals(-code).name}" if code is not None and code < 0 else f"exited with {code}"
    return f"{child.name} {how}; the end of {child.log}:\n{child.tail(lines)}"


def _is_ok(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2.0, trust_env=False).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def environment_redis_url() -> str | None:
    """A Redis that the user runs already (PACKSHOT_REDIS_URL)."""
    return os.environ.get("PACKSHOT_REDIS_URL") or None
