"""What a job takes of Redis' memory, state by state: waiting, running, ended, and when its life is over."""

from pathlib import Path
from typing import cast

from benchmarks.scale.lives import Crowd
from benchmarks.scale.record import Record

_JOBS = 2_000
_WARM = 500


def measure(folder: Path) -> list[dict[str, float | str]]:
    """One row for each state: bytes of a job with its photo's record, and its keys; the photo goes with the last."""
    with Record(folder) as record:
        crowd = Crowd(record)
        crowd.live(_WARM)
        empty, keys = record.memory_bytes(), record.keys()
        rows: list[dict[str, float | str]] = []

        def look(state: str) -> None:
            each = (record.memory_bytes() - empty) / _JOBS
            rows.append({"state": state, "bytes": each, "keys": (record.keys() - keys) / _JOBS})

        arrivals = crowd.arrivals(_JOBS)
        crowd.send([photo for photo, _ in arrivals])
        look("a photo alone")
        crowd.send([job for _, job in arrivals])
        look("waiting")
        claims = crowd.claims(_JOBS)
        told = crowd.send(claims)
        look("running (its token lives a minute)")
        at_work = [(answer[0], answer[1], call[1]["token"]) for answer, call in zip(told, claims, strict=True)]
        crowd.send(crowd.running("end", at_work))
        _forget(record, "claim")
        look("ended, kept")
        _end_lives(record, "expiry")
        look("over, its photo kept")
        _end_lives(record, "uploads")
        look("over, its photo too: a tombstone")
        return rows


def _forget(record: Record, kind: str) -> None:
    names = list(record.redis.scan_iter(f"packshot:{kind}:*", count=1000))
    record.redis.delete(*names)


def _end_lives(record: Record, index: str) -> None:
    """The reaper takes what is over of the newest jobs."""
    name = f"packshot:{index}"
    newest = cast("list[str]", record.redis.zrange(name, -_JOBS, -1))
    record.redis.zadd(name, dict.fromkeys(newest, 1))
    while record.redis.zcount(name, "-inf", 1):
        record.store.collected(record.store.reap().garbage)
