"""``python -m worker.alive``: exit code 0 where a worker on this host has told Redis lately that it lives, else 1.

With ``--ready``: where one takes jobs, which it does once its networks are warm, until it is told to leave, and while
its blob store answers. For containers' health checks and for readiness and start-up probes: it loads no engine, and
asks what `/readyz` asks.
"""

import argparse
import os
import socket
import sys
from contextlib import closing

import redis

from jobs.connection import connect
from jobs.presence import living_owners, worker_key


def lives(url: str, host: str, *, ready: bool = False) -> bool:
    """Whether a worker on that host has announced itself in the last half minute; `ready`: and takes jobs.

    Raises Redis' own faults.
    """
    with closing(connect(url, retries=0)) as client:
        owners, _ = living_owners(client)  # their names begin with their hosts' (worker/workshop.py)
        ours = [owner for owner in owners if owner.startswith(f"{host}-")]
        told = [client.hmget(worker_key(owner), ["host", "draining", "blobs_fault"]) for owner in ours]
    return any(of_host == host and not (ready and (draining == "1" or fault)) for of_host, draining, fault in told)


def main(arguments: list[str] | None = None) -> int:
    """The exit code; why it is 1 is told on stderr."""
    parser = argparse.ArgumentParser(prog="python -m worker.alive", description="Whether this host's worker lives.")
    parser.add_argument(
        "--ready",
        action="store_true",
        help="whether it takes jobs: warm, not told to leave, and its blob store answers",
    )
    ready = parser.parse_args(arguments).ready
    url = os.environ.get("PACKSHOT_REDIS_URL", "")
    try:
        if url and lives(url, socket.gethostname(), ready=ready):
            return 0
        told = (
            f"no worker on this host {'takes jobs' if ready else 'lives'}" if url else "PACKSHOT_REDIS_URL is not set"
        )
    except (redis.RedisError, ValueError) as error:
        told = f"Redis does not answer ({type(error).__name__})"
    print(f"packshot: {told}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
