"""Ten times the capacity, by several tenants at once for a minute: what is shed, and how long what was taken took.

First the capacity is measured (a backlog is worked off), then p95 at half of it; then each tenant sends at a fixed
pace that adds up to ten times, tries nothing again, and looks at its own jobs by long polls of their own. The bound on
a click's expected wait is short here (PACKSHOT_MAX_WAIT_S), so that the minute shows it.
"""

import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx
import psutil
import redis

from benchmarks.photos import merchant_photos
from benchmarks.service import Service
from packshot import Client

MAX_WAIT_S = 5
TENANTS = 4
FLOOD_S = 60.0
TIMES = 10
_BACKLOG = 60
_QUIET_S = 20.0
_SENDERS = 16
_SCOPES = ["jobs:read", "jobs:write", "uploads:write"]
_OPERATIONS = [{"op": "resize", "width": 240}, {"op": "restore"}]
_SETTINGS = {"PACKSHOT_MAX_WAIT_S": str(MAX_WAIT_S), "PACKSHOT_CONCURRENCY": "4", "PACKSHOT_MAX_PENDING": "200"}

Row = dict[str, str | float]


@dataclass
class _Load:
    """One stretch of submits: what was answered, and how long each accepted job took from its 202 to its end (s)."""

    answers: Counter[int] = field(default_factory=Counter)
    retry_after_s: list[int] = field(default_factory=list)
    accepted: list[tuple[str, str]] = field(default_factory=list)
    deepest: int = 0
    grown_mib: float = 0.0
    took_s: list[float] = field(default_factory=list)


def measure(folder: Path) -> dict[str, list[Row]]:
    """A row for half the capacity and one for ten times as much."""
    with Service(folder, settings=_SETTINGS) as service, service.client() as client:
        keys = [client.keys.create("flood", _SCOPES, tenant=f"flood-{number}").secret for number in range(TENANTS)]
        upload, *_ = [_upload(service, key) for key in (service.key(), *keys)]
        per_s = _capacity(client, upload)
        rows = []
        for times, seconds in ((0.5, _QUIET_S), (TIMES, FLOOD_S)):
            load = _Load()
            _send(service, keys, upload, per_s * times, seconds, load)
            _wait_for_ends(service, load)
            rows.append(_row(times, per_s, load))
    return {f"{per_s:.2g} jobs a second is the capacity": rows}


def _upload(service: Service, key: str) -> str:
    """The same photo for every tenant, so that it has one name."""
    with Client(service.url, key) as client:
        return client.upload(merchant_photos()[0]).id


def _capacity(client: Client, upload: str) -> float:
    """Jobs a second while there is always a next one; the first ten warm up."""
    spec = {"input": {"upload": upload}, "operations": _OPERATIONS, "priority": "bulk"}
    for job in [client.resubmit(spec) for _ in range(10)]:
        job.wait()
    started = time.monotonic()
    for job in [client.resubmit({**spec, "seed": number}) for number in range(_BACKLOG)]:
        job.wait()
    return _BACKLOG / (time.monotonic() - started)


def _send(service: Service, keys: list[str], upload: str, per_s: float, seconds: float, load: _Load) -> None:
    """Submit at this pace, whatever is answered; the depth and the memory are looked at meanwhile."""
    over, lock = threading.Event(), threading.Lock()
    turns = _turns(per_s, seconds)
    before = _memory_mib(service)
    watcher = threading.Thread(target=_watch, args=(service, load, over))
    watcher.start()
    http = httpx.Client(base_url=service.url, timeout=60, trust_env=False)

    def act() -> None:
        while True:
            with lock:
                turn = next(turns, None)
            if turn is None:
                return
            number, due = turn
            time.sleep(max(0.0, due - time.monotonic()))
            _submit(http, keys[number % len(keys)], upload, load)

    with http, ThreadPoolExecutor(_SENDERS) as pool:
        for done in [pool.submit(act) for _ in range(_SENDERS)]:
            done.result()
    over.set()
    watcher.join()
    load.grown_mib = _memory_mib(service) - before


def _turns(per_s: float, seconds: float) -> Iterator[tuple[int, float]]:
    started = time.monotonic()
    for number in range(int(per_s * seconds)):
        yield number, started + number / per_s


def _submit(http: httpx.Client, key: str, upload: str, load: _Load) -> None:
    spec = {"input": {"upload": upload}, "operations": _OPERATIONS, "external_id": uuid4().hex}
    answer = http.post("/v1/jobs", json=spec, headers={"Authorization": f"Bearer {key}"})
    load.answers[answer.status_code] += 1
    if answer.status_code == 202:
        load.accepted.append((key, answer.json()["id"]))
    else:
        load.retry_after_s.append(int(answer.headers["Retry-After"]))


def _wait_for_ends(service: Service, load: _Load) -> None:
    """When each came and ended is the record's word: times in the answer have milliseconds, on Redis' clock."""
    for key, job_id in load.accepted:
        with Client(service.url, key) as client:
            client.job(job_id).wait(timeout_s=300)
    with redis.Redis.from_url(service.redis_url(), decode_responses=True) as record:
        for _, job_id in load.accepted:
            created, finished = record.hmget(f"packshot:job:{job_id}", "created_ms", "finished_ms")
            load.took_s.append((int(finished or 0) - int(created or 0)) / 1000)


def _watch(service: Service, load: _Load, over: threading.Event) -> None:
    with redis.Redis.from_url(service.redis_url(), decode_responses=True) as record:
        while not over.wait(0.25):
            load.deepest = max(load.deepest, sum(int(waiting) for waiting in record.hvals("packshot:depth")))


def _memory_mib(service: Service) -> float:
    told = 0
    for process in service.family():
        with suppress(psutil.Error):  # a decoder's child, gone by now
            told += process.memory_info().rss
    return told / 2**20


def _row(times: float, per_s: float, load: _Load) -> Row:
    cuts = statistics.quantiles(load.took_s, n=20)
    return {
        "offered, of the capacity": f"{times:g} ×",
        "submitted": sum(load.answers.values()),
        "202": load.answers[202],
        "429": load.answers[429],
        "503": load.answers[503],
        "anything else": sum(many for status, many in load.answers.items() if status not in {202, 429, 503}),
        "Retry-After, median s": statistics.median(load.retry_after_s) if load.retry_after_s else 0,
        "p50 of accepted, s": statistics.median(load.took_s),
        "p95 of accepted, s": cuts[-1],
        "deepest queue": load.deepest,
        "memory grew by, MiB": load.grown_mib,
        "capacity, jobs/s": per_s,
    }
