"""A job record on an embedded Redis of its own, and what its one thread spends: processor time, memory, its journal."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, cast

import redis

from jobs.connection import connect
from jobs.redis_server import EmbeddedRedis
from jobs.settings import JobsSettings
from jobs.store import JobStore

_REWRITE_TIMEOUT_S = 1800.0
_NO_DATA = ("startup.allocated", "clients.normal", "aof.buffer", "lua.caches")
"""Of MEMORY STATS: what Redis needs besides."""


class CountingStore(JobStore):
    """A store that keeps the arguments of the last call of each script: they are what the code of today sends."""

    def __init__(self, connection: redis.Redis, settings: JobsSettings) -> None:
        super().__init__(connection, settings)
        self.seen: dict[str, dict[str, Any]] = {}

    def run_script(self, name: str, /, **arguments: Any) -> Any:
        """As of any store; the arguments are in ``seen`` afterwards."""
        self.seen[name] = {key: value for key, value in arguments.items() if value is not None}
        return super().run_script(name, **arguments)


class Record:
    """Redis and a store until the block ends; everything lies below ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server = EmbeddedRedis(folder)

    def __enter__(self) -> "Record":
        self._folder.mkdir(parents=True, exist_ok=True)
        url = self._server.start()
        settings = JobsSettings(redis_url=url, data_dir=self._folder, max_pending=10**9, max_active_per_tenant=10**9)
        self.redis = connect(url, socket_timeout_s=600.0)
        self.store = CountingStore(self.redis, settings)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.store.close()
        self.redis.close()
        self._server.kill()

    def cpu_us(self) -> float:
        """Processor time of Redis' main thread so far."""
        told = self.info("cpu")
        return 1e6 * (float(told["used_cpu_user_main_thread"]) + float(told["used_cpu_sys_main_thread"]))

    def spent_us(self, work: Callable[[], object]) -> float:
        """What the work costs the main thread."""
        before = self.cpu_us()
        work()
        return self.cpu_us() - before

    def memory_bytes(self) -> int:
        """What the data takes, without the buffers of clients and of the journal."""
        told = cast("Mapping[str, Any]", self.redis.memory_stats())
        return int(told["total.allocated"]) - sum(int(told[name]) for name in _NO_DATA)

    def keys(self) -> int:
        """How many there are."""
        return int(self.redis.dbsize())

    def info(self, section: str) -> Mapping[str, Any]:
        """A part of INFO."""
        return cast("Mapping[str, Any]", self.redis.info(section))

    def rewrite_journal(self) -> tuple[float, int]:
        """Write the append-only file anew: → how long that took (s), and its size then (bytes)."""
        self.redis.bgrewriteaof()
        until = time.monotonic() + _REWRITE_TIMEOUT_S
        while self._is_rewriting():
            assert time.monotonic() < until, f"the journal was not written in {_REWRITE_TIMEOUT_S:g} s"
            time.sleep(0.2)
        told = self.info("persistence")
        return float(told["aof_last_rewrite_time_sec"]), int(told["aof_base_size"])

    def restart(self) -> float:
        """Kill Redis, start it again; → its processor time until everything is loaded (s)."""
        self._server.kill()
        begun = time.monotonic()
        self._server.start(patience_s=_REWRITE_TIMEOUT_S)
        self.restart_wall_s = time.monotonic() - begun
        return self.cpu_us() / 1e6

    def _is_rewriting(self) -> bool:
        told = self.info("persistence")
        return bool(int(told["aof_rewrite_in_progress"]) or int(told["aof_rewrite_scheduled"]))
