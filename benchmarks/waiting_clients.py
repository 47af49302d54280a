"""500 clients that wait on one API process, by long polls and by event streams; and what polling costs instead.

A notice is the time from just before a job's end is written into the record until its client has the answer, as one
asyncio process of clients sees it. Ordinary requests go on meanwhile: their times are those of a listing of one job.
`cpu_*` are processor seconds of the API for each second. API, Redis and clients shared two CPU cores, with whatever
else the machine did; the command is `make bench ONLY=waiting_clients`.
"""

import asyncio
import json
import math
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks import waiting_clients_asked as asked
from benchmarks.ports import free_port
from jobs.connection import connect
from jobs.records import OutputRecord, UploadRecord
from jobs.redis_server import EmbeddedRedis
from jobs.settings import JobsSettings, read_settings
from jobs.spec import validate_spec
from jobs.store import JobStore

CLIENTS = 500
FINISHES_PER_S = 50
_IDLE_S = 15.0
_SETTLE_S = 3.0
_POLLERS = 8
_POLLING_S = 5.0
_ROUNDS = 3
_SHA = "a" * 64
_TENANT = "dev"
_WAYS = {"long polls": "{path}?wait=60", "event streams": "{path}/events"}


@dataclass(frozen=True)
class _Stage:
    """A record, and an API process in front of it."""

    store: JobStore
    api: psutil.Process
    address: asked.Address

    def cpu_s(self) -> float:
        """Seconds of processor time that the API has used."""
        return float(sum(self.api.cpu_times()[:2]))

    def rss_mb(self) -> float:
        """Resident memory of the API."""
        return float(self.api.memory_info().rss) / 1e6

    def running_jobs(self, number: int) -> list[tuple[str, str]]:
        """So many new jobs that a worker has begun: ids and tokens."""
        record = UploadRecord(f"uploads/{_TENANT}/{_SHA}/n", 1000, "jpeg", 640, 480)
        self.store.put_upload(_TENANT, _SHA, record)
        for at in range(number):
            document = {"input": {"upload": f"sha256:{_SHA}"}, "operations": [{"op": "restore"}], "seed": at}
            self.store.submit(_TENANT, validate_spec(document))
        claims = [self.store.claim("bench") for _ in range(number)]
        return [(claim.job_id, claim.token) for claim in claims if claim is not None]

    def finish(self, job_id: str, token: str) -> None:
        """As a worker does, with a manifest of a common size."""
        output = OutputRecord(0, f"results/{_TENANT}/{job_id}/{token}/0.jpg", "jpeg", 1600, 1200, 250_000, "b" * 64)
        steps = [{"op": "restore", "ms": 800.0, "model": "restore", "batch": {"size": 4, "wait_ms": 1.5}}] * 10
        assert self.store.finish(job_id, token, outputs=[output], manifest={"operations": steps})


def measure(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Two tables: notices with the API's processor time and memory, and requests per second of pollers."""
    with _stage(folder) as stage:
        before = {"quiet_p95_ms": _quiet_listing_ms(stage), "rss_mb": stage.rss_mb()}
        waiting = [_waited(stage, way, before, one_job=False) for way in _WAYS]
        waiting += [_waited(stage, way, before, one_job=True) for way in _WAYS]
        return {"waiting": waiting, "polling": _polled(stage)}


def _waited(stage: _Stage, way: str, before: dict[str, float], *, one_job: bool) -> dict[str, Any]:
    """What all clients cost while they wait by long polls or streams, and how soon they hear of the end."""
    jobs = stage.running_jobs(1 if one_job else CLIENTS)
    paths = [_WAYS[way].format(path=f"/v1/jobs/{job_id}") for job_id, _ in jobs]
    with _clients(stage.address, paths * CLIENTS if one_job else paths) as (told, busy):
        assert told.get(timeout=60) == "waiting"
        time.sleep(_SETTLE_S)
        idle = stage.cpu_s()
        time.sleep(_IDLE_S)
        idle = (stage.cpu_s() - idle) / _IDLE_S
        rss_mb, used, begun = stage.rss_mb(), stage.cpu_s(), time.monotonic()
        busy.set()
        ended_at = _finish_all(stage, jobs)
        heard: list[float] = told.get(timeout=120)
        used_s, took_s = stage.cpu_s() - used, time.monotonic() - begun
        listing_ms: list[float] = told.get(timeout=60)
    ended = ended_at * CLIENTS if one_job else ended_at
    notices = sorted((at - end) * 1000 for at, end in zip(heard, ended, strict=True))
    return {
        "clients": f"{CLIENTS} {way}, {'all of one job' if one_job else 'each of its own job'}",
        "notice_p50_ms": _percentile(notices, 50),
        "notice_p95_ms": _percentile(notices, 95),
        "notice_p99_ms": _percentile(notices, 99),
        "cpu_idle": idle,
        "cpu_finishing": "" if one_job else round(used_s / took_s, 3),
        "rss_before_mb": before["rss_mb"],
        "rss_waiting_mb": rss_mb,
        "listing_quiet_p95_ms": before["quiet_p95_ms"],
        "listing_p95_ms": _percentile(sorted(listing_ms), 95),
    }


def _finish_all(stage: _Stage, jobs: Sequence[tuple[str, str]]) -> list[float]:
    """Finish the jobs at a steady rate; returns when each was."""
    ended_at, begun = [], time.monotonic()
    for number, (job_id, token) in enumerate(jobs):
        time.sleep(max(0.0, begun + number / FINISHES_PER_S - time.monotonic()))
        ended_at.append(time.monotonic())
        stage.finish(job_id, token)
    return ended_at


def _quiet_listing_ms(stage: _Stage) -> float:
    """How long a listing takes while nobody waits: the 95th percentile."""
    return _percentile(sorted(asyncio.run(asked.listings(stage.address, lambda count: count < 200))), 95)


def _polled(stage: _Stage) -> list[dict[str, Any]]:
    """Requests per second of several keep-alive clients, whole answers and 304 in turns."""
    (running,) = stage.running_jobs(1)
    (ended,) = stage.running_jobs(1)
    stage.finish(*ended)
    rows = []
    for name, (job_id, _) in {"a running job": running, "an ended job": ended}.items():
        rates: dict[int, list[float]] = {200: [], 304: []}
        for _ in range(_ROUNDS):
            for status, found in rates.items():
                path = f"/v1/jobs/{job_id}"
                polled = asked.poll(stage.address, path, _POLLERS, _POLLING_S, unchanged=status == 304)
                found.append(asyncio.run(polled))
        whole, unchanged = (sorted(found)[_ROUNDS // 2] for found in rates.values())
        rows.append(
            {
                "polled": f"{name}, {_POLLERS} keep-alive clients",
                "requests_per_s_200": whole,
                "requests_per_s_304": unchanged,
                "ratio": unchanged / whole,
            }
        )
    return rows


def _percentile(ordered: Sequence[float], percent: int) -> float:
    return ordered[min(len(ordered) - 1, math.ceil(len(ordered) * percent / 100) - 1)]


@contextmanager
def _clients(address: asked.Address, paths: Sequence[str]) -> Iterator[tuple[Any, Any]]:
    """The clients' process: the queue by which it tells how they fare, and the event from which on others ask too."""
    spawn = multiprocessing.get_context("spawn")
    told, busy = spawn.Queue(), spawn.Event()
    process = spawn.Process(target=asked.wait_for_all, args=(address, list(paths), told, busy))
    process.start()
    try:
        yield told, busy
    finally:
        process.join(30)
        process.kill()


@contextmanager
def _stage(folder: Path) -> Iterator[_Stage]:
    folder.mkdir(parents=True, exist_ok=True)
    redis = EmbeddedRedis(folder / "redis")
    redis.start()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PACKSHOT_")}
    settings = {"PACKSHOT_REDIS_URL": redis.url, "PACKSHOT_DATA_DIR": str(folder / "data")}
    port = free_port()
    with (folder / "api.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "api", "--port", str(port)], env=inherited | settings, stderr=log, stdout=log
        )
    connection = connect(redis.url)
    store = JobStore(connection, read_settings(JobsSettings, redis_url=redis.url, data_dir=folder / "data"))
    try:
        key = asked.wait_until_up(port, folder / "data" / "dev-key")
        (api,) = psutil.Process(process.pid).children()
        yield _Stage(store, api, asked.Address(port, key))
    finally:
        process.terminate()
        process.wait(30)
        store.close()
        connection.close()
        redis.stop()


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as scratch:
        print(json.dumps(measure(Path(scratch)), indent=1))
