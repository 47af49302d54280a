"""The installation's own Redis, which a fault may kill, freeze, and start again with what it kept."""

import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import redis

from jobs.connection import connect
from jobs.redis_server import answers, prepare, read_url
from packshot.stack.leash import leashed

PATIENCE_S = 30.0


class RedisProcess:
    """A Redis with an append-only file under `data`; every start brings back what that holds."""

    def __init__(self, data: Path, on_strike: Callable[[], None]) -> None:
        self.data = data
        self._on_strike = on_strike
        self._process: subprocess.Popen[bytes] | None = None
        self._client: redis.Redis | None = None

    @property
    def folder(self) -> Path:
        """Where the append-only file lies."""
        return self.data / "redis"

    @property
    def url(self) -> str:
        """Straight to Redis, past the proxy."""
        return read_url(self.data)

    @property
    def pid(self) -> int:
        """The server's process id."""
        assert self._process is not None
        return self._process.pid

    def client(self) -> redis.Redis:
        """Straight to Redis, past the proxy; answers in text, and waits for longer than Packshot would."""
        if self._client is None:
            self._client = connect(self.url, socket_timeout_s=PATIENCE_S)
        return self._client

    def start(self, environment: Mapping[str, str] | None = None) -> None:
        """Start it, with these variables beside ours, and wait until it answers."""
        command = leashed(prepare(self.data), signal.SIGKILL)
        started: queue.SimpleQueue[subprocess.Popen[bytes]] = queue.SimpleQueue()
        threading.Thread(
            target=self._run, args=(command, {**os.environ, **(environment or {})}, started), name="redis", daemon=True
        ).start()
        self._process = started.get()
        give_up_at = time.monotonic() + PATIENCE_S
        while not answers(self.url):
            assert self._process.poll() is None, f"Redis ended; see {self.folder / 'log'}"
            assert time.monotonic() < give_up_at, f"Redis does not answer; see {self.folder / 'log'}"
            time.sleep(0.02)

    def kill(self) -> None:
        """SIGKILL, as a crash; returns when it is gone."""
        self._end(signal.SIGKILL)

    def terminate(self) -> None:
        """SIGTERM: it writes its file to the end; returns when it is gone."""
        self._end(signal.SIGTERM)

    def pause(self) -> None:
        """SIGSTOP: it keeps its connections and answers nothing."""
        self._on_strike()
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        """End it for good, whatever state it is in."""
        if self._client is not None:
            self._client.close()
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _run(
        self, command: list[str], environment: dict[str, str], started: "queue.SimpleQueue[subprocess.Popen[bytes]]"
    ) -> None:
        """A thread that lives as long as Redis: a leash is tied to the thread that starts it."""
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment)
        started.put(process)
        process.wait()

    def _end(self, number: signal.Signals) -> None:
        self._on_strike()
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(PATIENCE_S)
