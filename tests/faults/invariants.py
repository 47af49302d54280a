"""What must hold of the whole installation once nothing is under way, whatever happened to it before."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import cast

import psutil
import redis

from tests.faults.processes import Process
from tests.faults.shop import Shop
from tests.waiting import until

AT_REST_S = 60.0


def collect_garbage(record: redis.Redis) -> None:
    """Let time pass for all garbage, and wait until the workers have collected it."""

    def is_clean() -> bool:
        for path in cast(list[str], record.zrange("packshot:garbage", 0, -1)):
            record.zadd("packshot:garbage", {path: 1}, xx=True)
        return not record.exists("packshot:garbage")

    until(is_clean, "the collection of all garbage", AT_REST_S)


def check_folders(blobs: Path, shops: Iterable[Shop]) -> None:
    """A job that succeeded has one folder of results, any other none, whatever its workers went through."""
    folders = Counter(path.parent.name for path in blobs.glob("results/*/*/*"))
    for shop in shops:
        for job_id, kept in shop.jobs.items():
            if kept.ended != "lost" and not kept.may_be_lost:
                wanted = 1 if kept.ended == "succeeded" else 0
                assert folders[job_id] == wanted, f"{job_id}, {kept.ended}, has {folders[job_id]} result folders"


def check_rest(record: redis.Redis) -> None:
    """Nothing is counted as under way any more."""
    until(lambda: not _unrest(record), "a record at rest", AT_REST_S)


@contextmanager
def same_workers(workers: Sequence[Process]) -> Iterator[None]:
    """Nobody may have ended meanwhile."""
    before = [worker.pid for worker in workers]
    yield
    assert [worker.pid for worker in workers] == before, "a worker ended"


def check_orphans(processes: Iterable[Process]) -> None:
    """Whoever was killed has left no child behind."""
    dead = {pid for process in processes for pid in process.sessions if pid != process.pid}

    def orphans() -> list[int]:
        return [pid for pid in psutil.pids() if _session(pid) in dead]

    until(lambda: not orphans(), "the end of all children of killed processes", AT_REST_S)


def _unrest(record: redis.Redis) -> dict[str, object]:
    depth = sum(map(int, cast(list[str], record.hvals("packshot:depth"))))
    hashes = {name: record.hgetall(f"packshot:{name}") for name in ("active", "live")}
    sets = {name: record.zcard(f"packshot:{name}") for name in ("lease", "delayed", "deadline")}
    return {name: many for name, many in {"depth": depth, **hashes, **sets}.items() if many}


def _session(pid: int) -> int:
    """The session that a process belongs to; 0 of one that is gone."""
    with suppress(OSError):
        return os.getsid(pid)
    return 0
