"""Huey on Redis, threads; its results lie in Redis too. It polls for them, as its documentation says."""

import os
import sys

from huey import RedisHuey
from huey.consumer_options import ConsumerConfig

from benchmarks.peers.queue.submitter import obey
from benchmarks.peers.queue.tally import do_nothing

huey = RedisHuey("huey-peer", url=os.environ["QUEUE_REDIS"])


@huey.task()
def nothing() -> bool:
    """The empty job; Huey keeps no result of None."""
    do_nothing()
    return True


def main(role: str, _url: str, threads: str, *_options: str) -> None:
    """Submit, or work with so many threads."""
    if role == "work":
        config = ConsumerConfig(workers=int(threads), worker_type="thread", periodic=False)
        huey.create_consumer(**config.values).run()
        return
    obey(nothing, lambda: nothing()(blocking=True, timeout=60, backoff=1.0, max_delay=0.002))


if __name__ == "__main__":
    main(*sys.argv[1:])
