"""Dramatiq on Redis, with its result backend on Redis. Its worker is started by its own command."""

import os
import sys
from typing import Any

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from dramatiq.results import Results
from dramatiq.results.backends import RedisBackend

from benchmarks.peers.queue.submitter import obey
from benchmarks.peers.queue.tally import do_nothing

_URL = os.environ["QUEUE_REDIS"]
broker = RedisBroker(url=_URL, namespace="dramatiq-peer")
broker.add_middleware(Results(backend=RedisBackend(url=_URL, namespace="dramatiq-peer-results")))
dramatiq.set_broker(broker)


@dramatiq.actor(store_results=True)
def nothing() -> None:
    """The empty job."""
    do_nothing()


def main(role: str, _url: str, threads: str, *_options: str) -> None:
    """Submit, or become Dramatiq's worker."""
    if role == "work":
        command = [sys.executable, "-m", "dramatiq", "benchmarks.peers.queue.with_dramatiq"]
        os.execv(sys.executable, [*command, "-p", "1", "-t", threads, "--skip-logging"])
    sent: Any = sys.modules["__main__"].nothing
    obey(sent.send, lambda: sent.send().get_result(block=True, timeout=60_000))


if __name__ == "__main__":
    main(*sys.argv[1:])
