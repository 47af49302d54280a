"""A Redis and a copy of it: what survives the loss of the first, and what it costs to wait for the second."""

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import redis

from jobs.connection import connect
from jobs.redis_server import EmbeddedRedis
from jobs.settings import Durability

_PATIENCE_S = 30.0


class Link:
    """The way between the two, on which bytes can be held up; those that are held when it is cut are lost."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open = threading.Event()
        self._open.set()
        self._entry = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._entry.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def stall(self) -> None:
        """From now on nothing gets through."""
        self._open.clear()

    def close(self) -> None:
        """Take no more connections."""
        self._entry.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._entry.accept()
                far = socket.create_connection(("127.0.0.1", self._port))
            except OSError:  # closed, or the server behind it is gone: the replica asks again
                if self._entry.fileno() < 0:
                    return
                continue
            for source, target in ((near, far), (far, near)):
                target.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # an acknowledgement is a small packet
                threading.Thread(target=self._pass_on, args=(source, target), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(1 << 16):
                self._open.wait()
                target.sendall(data)
        except OSError:
            return
        finally:
            source.close()
            target.close()


class Pair:
    """Two servers of one password; the second follows the first over ``link``."""

    def __init__(self, folder: Path, durability: Durability = "everysec") -> None:
        self.primary = EmbeddedRedis(folder / "primary", durability)
        self.replica = EmbeddedRedis(folder / "replica", durability)
        self.link: Link | None = None

    def start(self) -> None:
        """Start both, and wait until the copy is whole. Raises TimeoutError when that takes 30 s."""
        self.primary.start()
        self.replica.start()
        source = urlsplit(self.primary.url)
        assert source.port is not None
        self.link = Link(source.port)
        with connect(self.replica.url) as client:
            client.config_set("masterauth", source.password or "")
            client.replicaof("127.0.0.1", str(self.link.port))
        with connect(self.primary.url) as client:
            client.config_set("repl-diskless-sync-delay", 0)
            _wait_for_copies(client)

    def freeze_replica(self, *, frozen: bool = True) -> None:
        """Stop the copy, or let it go on."""
        assert self.replica.pid is not None
        os.kill(self.replica.pid, signal.SIGSTOP if frozen else signal.SIGCONT)

    def fail_over(self) -> None:
        """The first is lost with its machine; the copy takes its place."""
        self.primary.kill()
        with connect(self.replica.url) as client:
            client.replicaof("NO", "ONE")

    def stop(self) -> None:
        """End both."""
        if self.link is not None:
            self.link.close()
        self.primary.kill()
        self.replica.kill()


@contextmanager
def running_pair(folder: Path) -> Iterator[Pair]:
    """A pair until the block ends. ``$PACKSHOT_REDIS_URL`` must not be set."""
    pair = Pair(folder)
    try:
        pair.start()
        yield pair
    finally:
        pair.stop()


def _wait_for_copies(client: redis.Redis) -> None:
    give_up_at = time.monotonic() + _PATIENCE_S
    while client.info("replication").get("slave0", {}).get("state") != "online":
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"the copy was not whole within {_PATIENCE_S:g} s")
        time.sleep(0.02)
