"""What grows with the jobs that are kept: each script's cost, memory, the journal, a restart, a sweep."""

import time
from pathlib import Path
from typing import Any, cast

from benchmarks.scale.lives import Crowd
from benchmarks.scale.record import Record

SAMPLE = 400
_LIVES = 500
_ROUNDS = 4

Row = dict[str, float]


def measure(folder: Path, levels: tuple[int, ...]) -> list[Row]:
    """One row for each number of kept jobs, in their order; costs in µs of Redis' thread, one by one."""
    rows: list[Row] = []
    with Record(folder) as record:
        crowd = Crowd(record)
        crowd.live(SAMPLE)
        empty = record.memory_bytes()
        kept = 0
        for level in levels:
            crowd.keep(level - kept - _LIVES - SAMPLE)
            row: Row = {"kept_jobs": level} | _lives(record, crowd)
            kept = level
            row |= {"keys_per_job": record.keys() / kept, "bytes_per_job": (record.memory_bytes() - empty) / kept}
            row |= calls_us(crowd)
            row["idle_sweep_us"] = sweep_us(record)
            row |= _journal(record)
            crowd.load_scripts()
            rows.append(row)
            print({name: round(value, 1) for name, value in row.items()}, flush=True)
        rows[-1] |= _expire(record)
    return rows


def calls_us(crowd: Crowd, jobs: int = SAMPLE) -> Row:
    """What each script of a job's life costs now, the least of several rounds: a busy machine makes them dearer, never
    cheaper. The jobs are done and kept afterwards.
    """
    rounds = [_round_us(crowd, jobs // _ROUNDS) for _ in range(_ROUNDS)]
    return {name: min(one[name] for one in rounds) for name in rounds[0]}


def sweep_us(record: Record) -> float:
    """What a sweep costs that finds little to do, the least of several rounds."""
    return min(record.spent_us(lambda: [record.store.reap() for _ in range(5)]) / 5 for _ in range(_ROUNDS))


def _round_us(crowd: Crowd, jobs: int) -> Row:
    arrivals = crowd.arrivals(jobs)
    photo_us, _ = crowd.cost_us([photo for photo, _ in arrivals])
    submit_us, _ = crowd.cost_us([job for _, job in arrivals])
    claims = crowd.claims(jobs)
    claim_us, claimed = crowd.cost_us(claims)
    at_work = [(told[0], told[1], call[1]["token"]) for told, call in zip(claimed, claims, strict=True)]
    costs: Row = {"put_upload_us": photo_us, "submit_us": submit_us, "claim_us": claim_us}
    for name in ("progress", "heartbeat", "view", "end"):
        costs[f"{name}_us"], _ = crowd.cost_us(crowd.running(name, at_work))
    return costs


def _lives(record: Record, crowd: Crowd) -> Row:
    """Whole lives through pipelines: what one costs Redis' thread, and how many this machine does in a second."""
    begun = time.monotonic()
    spent_us = record.spent_us(lambda: crowd.live(_LIVES))
    return {"life_us": spent_us / _LIVES, "lives_per_s": _LIVES / (time.monotonic() - begun)}


def _journal(record: Record) -> Row:
    told: dict[str, Any] = dict(record.info("persistence"))
    grown = int(told["aof_current_size"])
    rewrite_s, size = record.rewrite_journal()
    load_s = record.restart()
    return {
        "journal_mb_before": grown / 1e6,
        "rewrite_s": rewrite_s,
        "journal_mb": size / 1e6,
        "fork_ms": int(record.info("stats")["latest_fork_usec"]) / 1000,
        "load_cpu_s": load_s,
        "load_s": record.restart_wall_s,
    }


def _expire(record: Record) -> Row:
    """The end of life of 2,000 jobs, as the reaper brings it: µs for each."""
    jobs = 2_000
    ids = cast("list[str]", record.redis.zrange("packshot:expiry", 0, jobs - 1))
    record.redis.zadd("packshot:expiry", dict.fromkeys(ids, 0))
    removed, spent_us, held = 0, record.cpu_us(), record.memory_bytes()
    while removed < len(ids):
        report = record.store.reap()
        removed += report.removed
        record.store.collected(report.garbage)
    freed = (held - record.memory_bytes()) / removed
    return {"expire_us": (record.cpu_us() - spent_us) / removed, "freed_bytes_per_job": freed}
