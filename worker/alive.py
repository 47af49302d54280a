"""``python -m worker.alive``: exit code 0 where a worker on this host has told Redis lately that it lives, else 1.

For a container's health check: it loads no engine, and asks what `/readyz` asks.
"""

import os
import socket
import sys
from contextlib import closing

import redis

from jobs.connection import connect
from jobs.presence import living_owners, worker_key


def lives(url: str, host: str) -> bool:
    """Whether a worker on that host has announced itself in the last half minute. Raises Redis' own faults."""
    with closing(connect(url, retries=0)) as client:
        owners, _ = living_owners(client)
        return any(client.hget(worker_key(owner), "host") == host for owner in owners)


def main() -> int:
    """The exit code; why it is 1 is told on stderr."""
    url = os.environ.get("PACKSHOT_REDIS_URL", "")
    try:
        if url and lives(url, socket.gethostname()):
            return 0
        told = "no worker on this host lives" if url else "PACKSHOT_REDIS_URL is not set"
    except (redis.RedisError, ValueError) as error:
        told = f"Redis does not answer ({type(error).__name__})"
    print(f"packshot: {told}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
