"""A Redis with a replica and three sentinels that watch them, each a process of its own."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import redis

from jobs.redis_server import find_binary
from tests.ports import free_port
from tests.waiting import until

MASTER = "shop"
PASSWORD = "of-a-trial"
DOWN_AFTER_MS = 1500


@dataclass
class _Server:
    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """Straight to it."""
        return f"redis://:{PASSWORD}@127.0.0.1:{self.port}/0"

    def client(self) -> redis.Redis:
        return redis.Redis(port=self.port, password=PASSWORD, decode_responses=True, socket_timeout=5)


class Sentinels:
    """All of them until the block ends. `servers` are the two Redis servers; the first begins as the master."""

    def __init__(self, folder: Path, *, safe: bool = False) -> None:
        self._folder, self._safe = folder, safe
        self.servers: list[_Server] = []
        self._sentinels: list[_Server] = []

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _start(self) -> None:
        first = self._start_server()
        self.servers.append(first)
        until(lambda: _answers(first), "the master")
        self.servers.append(self._start_server("--replicaof", "127.0.0.1", str(first.port)))
        until(lambda: first.client().info("replication")["connected_slaves"] == 1, "a replica that is connected")
        for number in range(3):
            self._sentinels.append(self._start_sentinel(number, first.port))
        until(self._know_each_other, "sentinels that know each other and the replica")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in (*self._sentinels, *self.servers):
            server.process.kill()
            server.process.wait()

    @property
    def url(self) -> str:
        """For PACKSHOT_REDIS_URL."""
        hosts = ",".join(f"127.0.0.1:{each.port}" for each in self._sentinels)
        return f"redis+sentinel://:{PASSWORD}@{hosts}/{MASTER}/0"

    @property
    def master(self) -> _Server:
        """Whom the sentinels name now."""
        host = redis.Redis(port=self._sentinels[0].port).sentinel_get_master_addr_by_name(MASTER)
        return next(server for server in self.servers if host and server.port == host[1])

    def change_places(self) -> bool:
        """Have the replica made the master while both live; False where the sentinels do not want to yet."""
        try:
            return bool(redis.Redis(port=self._sentinels[0].port).sentinel_failover(MASTER))
        except redis.ResponseError:
            return False

    def leave_replica_behind(self) -> None:
        """From now on the replica gets nothing more: a packet on its way would arrive even from a master that died."""
        master = self.master
        replica = next(server for server in self.servers if server is not master)
        replica.client().config_set("masterauth", "another")
        master.client().client_kill_filter(_type="replica")

    def kill_master(self) -> _Server:
        """SIGKILL; which one it was."""
        lost = self.master
        lost.process.kill()
        lost.process.wait()
        return lost

    def until_another(self, lost: _Server) -> _Server:
        """Until the sentinels name another master, which takes writes; which."""
        until(lambda: self.master is not lost, "another master")
        chosen = self.master
        until(lambda: chosen.client().role()[0] == "master", "a replica that was made the master")
        return chosen

    def bring_back(self, lost: _Server, master: _Server) -> None:
        """Start a server that was killed as a replica of the new master, and wait until it has all."""
        at = self.servers.index(lost)
        self.servers[at] = self._start_server("--replicaof", "127.0.0.1", str(master.port), port=lost.port)
        until(lambda: _is_synced(self.servers[at]), "a replica that has all")

    def _start_server(self, *more: str, port: int = 0) -> _Server:
        port = port or free_port()
        folder = self._folder / str(port)
        folder.mkdir(parents=True, exist_ok=True)
        safe = ("--min-replicas-to-write", "1", "--min-replicas-max-lag", "10") if self._safe else ()
        options = ("--port", str(port), "--dir", str(folder), "--requirepass", PASSWORD, "--masterauth", PASSWORD)
        keeping = ("--appendonly", "yes", "--save", "", "--repl-diskless-sync-delay", "0")
        return _Server(port, _start([find_binary(), *map(str, (*options, *keeping, *safe, *more))], folder))

    def _start_sentinel(self, number: int, port: int) -> _Server:
        own = free_port()
        folder = self._folder / f"sentinel-{number}"
        folder.mkdir(parents=True, exist_ok=True)
        lines = [
            f"port {own}",
            f"dir {folder}",
            f"sentinel monitor {MASTER} 127.0.0.1 {port} 2",
            f"sentinel auth-pass {MASTER} {PASSWORD}",
            f"sentinel down-after-milliseconds {MASTER} {DOWN_AFTER_MS}",
            f"sentinel failover-timeout {MASTER} 5000",
        ]
        (folder / "sentinel.conf").write_text("\n".join(lines) + "\n")
        return _Server(own, _start([find_binary(), str(folder / "sentinel.conf"), "--sentinel"], folder))

    def _know_each_other(self) -> bool:
        try:
            told = [redis.Redis(port=each.port).sentinel_master(MASTER) for each in self._sentinels]
        except (redis.RedisError, IndexError):
            return False
        return all(one["num-other-sentinels"] == 2 and one["num-slaves"] == 1 for one in told)


def _start(command: Sequence[str | Path], folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "log").open("ab") as log:
        return subprocess.Popen([str(part) for part in command], stdout=log, stderr=log, stdin=subprocess.DEVNULL)


def _answers(server: _Server) -> bool:
    try:
        return bool(server.client().ping())
    except redis.RedisError:
        return False


def _is_synced(server: _Server) -> bool:
    try:
        return server.client().info("replication").get("master_link_status") == "up"
    except redis.RedisError:
        return False
