"""A Redis and a copy of it: what survives the loss of the first, and what it costs to wait for the second."""

import os
import signal
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


class Pair:
    """Two servers of one password; the second follows the first."""

    def __init__(self, folder: Path, durability: Durability = "everysec") -> None:
        self.primary = EmbeddedRedis(folder / "primary", durability)
        self.replica = EmbeddedRedis(folder / "replica", durability)

    def start(self) -> None:
        """Start both, and wait until the copy is whole. Raises TimeoutError when that takes 30 s."""
        self.primary.start()
        self.replica.start()
        source = urlsplit(self.primary.url)
        with connect(self.replica.url) as client:
            client.config_set("masterauth", source.password or "")
            client.replicaof("127.0.0.1", str(source.port))
        with connect(self.primary.url) as client:
            client.config_set("repl-diskless-sync-delay", 0)
            _wait_for_copies(client)

    def freeze_replica(self, *, frozen: bool = True) -> None:
        """Stop the copy as a network would that takes nothing through; or let it go on."""
        assert self.replica.pid is not None
        os.kill(self.replica.pid, signal.SIGSTOP if frozen else signal.SIGCONT)

    def fail_over(self) -> None:
        """The first is lost with its machine; the copy takes its place."""
        self.primary.kill()
        with connect(self.replica.url) as client:
            client.replicaof("NO", "ONE")

    def stop(self) -> None:
        """End both."""
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
