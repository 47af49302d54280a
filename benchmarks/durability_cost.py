"""What each level of durability costs: the same store, the same photos, on Redis servers of each level, in turns.

Jobs are submitted, claimed and finished by a few threads against the store itself, each with a photo put and recorded
before and a result put before its end, as API and worker do it; nothing is decoded, so this is the most that the level
can cost.
"""

import os
import random
import secrets
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.replicas import running_pair
from jobs.blobs import BlobStore
from jobs.connection import connect
from jobs.records import OutputRecord, UploadRecord
from jobs.redis_server import EmbeddedRedis
from jobs.settings import Durability, JobsSettings, read_settings
from jobs.spec import validate_spec
from jobs.store import JobStore

ROUNDS = int(os.environ.get("PACKSHOT_BENCH_ROUNDS", "25"))

_THREADS = 4
_JOBS_PER_ROUND = 48
_PHOTO_BYTES = 60_000
_TENANT = "bench"


@dataclass(frozen=True)
class Level:
    """How Redis keeps its file (None: not at all), whether blobs wait for the disk, whether there is a replica."""

    name: str
    redis: Durability | None
    synced: bool
    replica: bool = False
    waits: int = 0


LEVELS = (
    Level("no append-only file, no waiting", None, synced=False),
    Level("`fast`", "everysec", synced=False),
    Level("`everysec` (the default)", "everysec", synced=True),
    Level("`always`, but blobs as in `fast`", "always", synced=False),
    Level("`always`", "always", synced=True),
    Level("`everysec` and a replica", "everysec", synced=True, replica=True),
    Level("`everysec` and `PACKSHOT_WAIT_REPLICAS=1`", "everysec", synced=True, replica=True, waits=1),
)


def measure(folder: Path) -> Sequence[Mapping[str, str | float]]:
    """A row for each level: jobs/s, submits/s alone, and each as a share of the first level's in the same round."""
    with ExitStack() as stack:
        places = [stack.enter_context(_place(folder / str(number), level)) for number, level in enumerate(LEVELS)]
        rounds = [_round(places) for _ in range(ROUNDS + 1)][1:]  # the first one warms up
    rows: list[Mapping[str, str | float]] = []
    for number, level in enumerate(LEVELS):
        submits, jobs = zip(*(one[number] for one in rounds), strict=True)
        shares = [one[number][1] / one[0][1] for one in rounds]
        low, _, high = statistics.quantiles(shares, n=4)
        rows.append(
            {
                "level": level.name,
                "submits/s": statistics.median(submits),
                "jobs/s": statistics.median(jobs),
                "jobs/s, of the first": statistics.median(shares),
                "half of the rounds from": low,
                "to": high,
                "ms more a job": _more_ms([1000 / one[number][1] - 1000 / one[0][1] for one in rounds]),
            }
        )
    return rows


def _round(places: "Sequence[_Place]") -> Sequence[tuple[float, float]]:
    """Each place once, in an order of chance: what else the machine does hits none more than others."""
    order = random.sample(range(len(places)), len(places))
    measured = {number: places[number].measure() for number in order}
    return [measured[number] for number in range(len(places))]


def _more_ms(differences: Sequence[float]) -> float:
    """Of one thread's time: the threads work beside each other."""
    return statistics.median(differences) * _THREADS


@dataclass
class _Place:
    store: JobStore
    blobs: BlobStore

    def measure(self) -> tuple[float, float]:
        """(submits/s, whole jobs/s) of one round."""
        began = time.perf_counter()
        self._in_threads(self._submit)
        submitted = time.perf_counter()
        self._in_threads(self._work)
        ended = time.perf_counter()
        return _JOBS_PER_ROUND / (submitted - began), _JOBS_PER_ROUND / (ended - began)

    def _in_threads(self, act: Callable[[], None]) -> None:
        def some() -> None:
            for _ in range(_JOBS_PER_ROUND // _THREADS):
                act()

        threads = [threading.Thread(target=some) for _ in range(_THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _submit(self) -> None:
        sha256, data = secrets.token_hex(32), secrets.token_bytes(_PHOTO_BYTES)
        path = f"uploads/{_TENANT}/{sha256}/one"
        self.store.announce_upload(path)
        self.blobs.put(path, data)
        self.store.put_upload(_TENANT, sha256, UploadRecord(path, len(data), "jpeg", 640, 480))
        self.store.confirm()
        spec = {"input": {"upload": f"sha256:{sha256}"}, "operations": [{"op": "rotate", "angle": 0}]}
        self.store.submit(_TENANT, validate_spec(spec), idempotency_key=sha256)
        self.store.confirm()

    def _work(self) -> None:
        claim = self.store.claim("bench")
        assert claim is not None
        path, data = f"results/{_TENANT}/{claim.job_id}/{claim.token}/0.jpg", secrets.token_bytes(_PHOTO_BYTES)
        self.blobs.put(path, data)
        output = OutputRecord(0, path, "jpeg", 640, 480, len(data), "0" * 64)
        assert self.store.finish(claim.job_id, claim.token, outputs=[output], manifest={})
        self.store.confirm()


@contextmanager
def _place(folder: Path, level: Level) -> Iterator[_Place]:
    with ExitStack() as stack:
        url = stack.enter_context(_redis(folder, level))
        settings = read_settings(JobsSettings, redis_url=url, data_dir=folder, wait_replicas=level.waits)
        client = connect(url)
        stack.callback(client.close)
        if level.redis is None:
            client.config_set("appendonly", "no")
        store = JobStore(client, settings)
        stack.callback(store.close)
        yield _Place(store, BlobStore.from_url((folder / "blobs").as_uri(), synced=level.synced))


@contextmanager
def _redis(folder: Path, level: Level) -> Iterator[str]:
    if level.replica:
        with running_pair(folder) as pair:
            yield pair.primary.url
        return
    server = EmbeddedRedis(folder, level.redis or "fast")
    try:
        yield server.start()
    finally:
        server.kill()
