"""What each queue loses when a worker is killed (SIGKILL) in the midst of its jobs, and another is started at once."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace

import psutil

from benchmarks.peers.queue import tally
from benchmarks.peers.queue.contestants import Contestant, Kind, Place
from benchmarks.tables import Row

JOBS = 24
BODY_MS = 1000.0
_PATIENCE_S = 100.0  # Packshot's lease is 30 s, Dramatiq's heartbeat 60 s; Celery's late acknowledgement waits an hour


def measure(kinds: Sequence[Kind], place: Place) -> list[Row]:
    """A row for each queue, all at the same time, for they wait more than they work.

    `not_done` are jobs whose body had not run to its end within 100 s of the kill: of `JOBS`, at most as many as
    threads were in the midst of theirs. A body that ran twice would hide one that never did.
    """
    slow = replace(place, folder=place.folder / "killed", environment={"QUEUE_BODY_MS": str(BODY_MS)})
    with ExitStack() as stack:
        contestants = [stack.enter_context(Contestant(kind, slow, 1 + at)) for at, kind in enumerate(kinds)]
        for each in contestants:
            each.tell(f"flood {JOBS}")
        running = _kill_in_the_midst(contestants)
        killed_at = time.monotonic()
        done_after_s: dict[str, float] = {}
        while time.monotonic() < killed_at + _PATIENCE_S and len(done_after_s) < len(contestants):
            for each in contestants:
                if each.kind.name not in done_after_s and tally.total(each.tally) >= JOBS:
                    done_after_s[each.kind.name] = time.monotonic() - killed_at
            time.sleep(0.1)
        return [_row(each, running[each.kind.name], done_after_s) for each in contestants]


def _kill_in_the_midst(contestants: Sequence[Contestant]) -> dict[str, int]:
    """Kill each worker once a few jobs were done, half a job later; how many were done by then."""
    done: dict[str, int] = {}
    due: dict[str, float] = {}
    while len(done) < len(contestants):
        for each in contestants:
            name = each.kind.name
            if name not in due and tally.total(each.tally) >= JOBS // 6:
                due[name] = time.monotonic() + BODY_MS / 2000
            if name in due and name not in done and time.monotonic() >= due[name]:
                done[name] = _kill(each)
        time.sleep(0.01)
    return done


def _kill(contestant: Contestant) -> int:
    worker = contestant.workers[0]
    family = [psutil.Process(worker.pid), *psutil.Process(worker.pid).children(recursive=True)]
    for process in family:
        process.kill()
    worker.wait()
    done = tally.total(contestant.tally)
    contestant.add_worker()
    return done


def _row(contestant: Contestant, done_before: int, done_after_s: dict[str, float]) -> Row:
    name = contestant.kind.name
    took: float | str = done_after_s.get(name, "-")
    return {
        "queue": name,
        "jobs": JOBS,
        "done_before": done_before,
        "not_done": max(0, JOBS - tally.total(contestant.tally)),
        "all_done_after_s": took,
    }
