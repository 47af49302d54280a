"""Raw Celery on Redis, threads pool, as its documentation sets it up; `forget` without a result backend."""

import sys

from celery import Celery

from benchmarks.peers.queue.submitter import obey
from benchmarks.peers.queue.tally import do_nothing


def make_app(url: str, *, forget: bool, late: bool = False) -> Celery:
    """One task that does nothing; its result lies in Redis unless it is forgotten, so that a client can ask for it.

    `late`: acknowledged once done, for who would lose no job with a killed worker.
    """
    app = Celery("raw", broker=url, backend=None if forget else url, set_as_current=False)
    app.conf.update(
        task_default_queue="raw-celery",
        task_ignore_result=forget,
        task_acks_late=late,
        broker_connection_retry_on_startup=True,
    )
    app.task(name="nothing")(_nothing)
    return app


def main(role: str, url: str, threads: str, *options: str) -> None:
    """Submit, or work with so many threads."""
    app = make_app(url, forget="forget" in options, late="late" in options)
    if role == "work":
        quiet = ["--without-gossip", "--without-mingle", "--loglevel=error"]
        app.worker_main(["worker", "--pool=threads", f"--concurrency={threads}", *quiet])
        return
    nothing = app.tasks["nothing"]
    obey(nothing.delay, lambda: nothing.delay().get(timeout=60))


def _nothing() -> None:
    do_nothing()


if __name__ == "__main__":
    main(*sys.argv[1:])
