"""Whole jobs (relight, restore, upscale on 400x533 px photos) with 1, 8 and 32 waiting clients."""

import itertools
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.photos import merchant_photos
from benchmarks.service import Service
from packshot import Client, Job

_OPERATIONS = [{"op": "relight"}, {"op": "restore"}, {"op": "upscale"}]
_JOBS_BY_CLIENTS = {1: 8, 8: 32, 32: 64}


def measure(folder: Path) -> list[dict[str, float]]:
    """One row for each number of clients: jobs/s, p50, p95, and the network's share of the wall time."""
    photos = merchant_photos()
    with Service(folder) as service, service.client() as client:
        _one_job(client, photos[0])
        return [_with_clients(client, photos, clients, jobs) for clients, jobs in _JOBS_BY_CLIENTS.items()]


def _with_clients(client: Client, photos: list[bytes], clients: int, jobs: int) -> dict[str, float]:
    begun = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        done = list(pool.map(lambda photo: _one_job(client, photo), itertools.islice(itertools.cycle(photos), jobs)))
    wall_s = time.perf_counter() - begun
    taken_s = sorted(seconds for seconds, _ in done)
    device_ms = sum(_device_ms(job) for _, job in done)
    return {
        "clients": clients,
        "jobs": jobs,
        "jobs_per_s": jobs / wall_s,
        "p50_s": statistics.median(taken_s),
        "p95_s": taken_s[round(0.95 * (jobs - 1))],
        "network_share": device_ms / 1000 / wall_s,
    }


def _one_job(client: Client, photo: bytes) -> tuple[float, Job]:
    begun = time.perf_counter()
    job = client.submit(photo, _OPERATIONS)
    job.wait()
    return time.perf_counter() - begun, job


def _device_ms(job: Job) -> float:
    """The device's time for this job."""
    assert job.manifest, f"{job.id} succeeded without a manifest"
    facts = (facts for operation in job.manifest["operations"] for facts in operation["engine"])
    return sum(float(one["device_ms"]) for one in facts)
