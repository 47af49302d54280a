"""RQ: a job at a time in each worker; `fork` forks a process for each, as its own worker does unless told otherwise."""

import sys

from redis import Redis
from rq import Queue, SimpleWorker, Worker

from benchmarks.peers.queue.submitter import obey
from benchmarks.peers.queue.tally import do_nothing


def main(role: str, url: str, _threads: str, *options: str) -> None:
    """Submit, or work."""
    connection = Redis.from_url(url)
    queue = Queue("fork" if "fork" in options else "simple", connection=connection)
    if role == "work":
        kind = Worker if "fork" in options else SimpleWorker
        kind([queue], connection=connection).work(logging_level="ERROR")
        return

    def submit() -> object:
        return queue.enqueue(do_nothing)

    obey(submit, lambda: queue.enqueue(do_nothing).latest_result(timeout=60))


if __name__ == "__main__":
    main(*sys.argv[1:])
