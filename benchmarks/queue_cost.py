"""What the queue costs: an empty operation through Packshot beside raw Celery's round trip, in turns, on one Redis.

Packshot's trip is HTTP, submit, hint, claim, decode, encode, blob, fenced finish, and a woken long-poll; Celery's is a
task that does nothing and a result read from its Redis backend. The ratio is what durability, isolation and the wire
cost together.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from celery import Celery

from benchmarks.photos import tiny_photo
from benchmarks.service import Service
from packshot import Client

_ROUNDS = 5
_TRIPS_PER_ROUND = 20
_EMPTY = [{"op": "rotate", "angle": 0}]


def measure(folder: Path) -> dict[str, float]:
    """Median milliseconds of one trip: ``packshot_ms``, ``celery_ms``, and their ``ratio``."""
    with Service(folder) as service, service.client() as client:
        app = make_app(service.redis_url())
        celery_worker = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.queue_cost", service.redis_url()],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            noop = app.tasks["benchmarks.noop"]
            noop.delay().get(timeout=30)
            _packshot_trip(client)
            return _in_turns(lambda: _packshot_trip(client), lambda: noop.delay().get(timeout=30))
        finally:
            celery_worker.terminate()
            celery_worker.wait(30)


def make_app(redis_url: str) -> Celery:
    """A Celery app with one task that does nothing, a threads worker's, results in Redis: Celery's own shortest way."""
    app = Celery("raw", broker=redis_url, backend=redis_url, set_as_current=False)
    app.conf.update(task_default_queue="raw-celery", broker_connection_retry_on_startup=True)

    @app.task(name="benchmarks.noop")
    def noop() -> None:
        return None

    return app


def _packshot_trip(client: Client) -> None:
    client.submit(tiny_photo(), _EMPTY).wait()


def _in_turns(packshot: Callable[[], object], celery: Callable[[], object]) -> dict[str, float]:
    taken_ms: dict[str, list[float]] = {"packshot_ms": [], "celery_ms": []}
    for _ in range(_ROUNDS):
        for name, trip in (("packshot_ms", packshot), ("celery_ms", celery)):
            for _ in range(_TRIPS_PER_ROUND):
                begun = time.perf_counter()
                trip()
                taken_ms[name].append((time.perf_counter() - begun) * 1000)
    medians = {name: statistics.median(values) for name, values in taken_ms.items()}
    return medians | {"ratio": medians["packshot_ms"] / medians["celery_ms"]}


if __name__ == "__main__":
    make_app(sys.argv[1]).worker_main(
        ["worker", "--pool=threads", "--concurrency=4", "--without-gossip", "--without-mingle"]
    )
