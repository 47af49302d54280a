"""A turn of one queue, measured: jobs a second, round trips, processor time, commands that Redis was sent."""

import threading
import time
from dataclasses import dataclass, field

import redis

from benchmarks.peers.queue import tally
from benchmarks.peers.queue.contestants import Contestant

_PATIENCE_S = 120.0
_LOOK_S = 0.002


@dataclass
class Figures:
    """What one queue's turns came to; a list has an entry for each round (or each trip)."""

    jobs_per_s: list[float] = field(default_factory=list)
    trips_ms: list[float] = field(default_factory=list)
    submit_cpu_ms: list[float] = field(default_factory=list)
    worker_cpu_ms: list[float] = field(default_factory=list)
    redis_cpu_ms: list[float] = field(default_factory=list)
    sent: float = 0.0
    """Commands that clients sent Redis for a job: round trips."""
    within: float = 0.0
    """Commands that scripts ran within Redis for a job."""


def flood(contestant: Contestant, server: redis.Redis, jobs: int, figures: Figures) -> None:
    """Submit so many as fast as one process can, while the workers do them; the clock stops with the last body."""
    tally.clear(contestant.tally)
    worker_s, redis_s, begun = contestant.workers_cpu_s(), _redis_cpu_s(server), time.perf_counter()
    contestant.tell(f"flood {jobs}")
    wait_for(contestant, jobs)
    taken_s = time.perf_counter() - begun
    told = contestant.answer()
    figures.jobs_per_s.append(jobs / taken_s)
    figures.submit_cpu_ms.append(told["cpu_s"] * 1000 / jobs)
    figures.worker_cpu_ms.append((contestant.workers_cpu_s() - worker_s) * 1000 / jobs)
    figures.redis_cpu_ms.append((_redis_cpu_s(server) - redis_s) * 1000 / jobs)


def trips(contestant: Contestant, count: int, figures: Figures) -> None:
    """One job after the other, each waited for as that queue's documentation has it."""
    if contestant.kind.forgets:
        return
    contestant.tell(f"trips {count}")
    figures.trips_ms += contestant.answer()["each_ms"]


def count_commands(contestant: Contestant, server: redis.Redis, jobs: int, figures: Figures) -> None:
    """What Redis is asked for a job, by its own MONITOR; no time is taken meanwhile, for it slows everybody."""
    tally.clear(contestant.tally)
    sent = within = 0
    stop, database = threading.Event(), int(contestant.url.rsplit("/", 1)[1])

    def listen() -> None:
        nonlocal sent, within
        with server.monitor() as monitor:  # type: ignore[no-untyped-call]
            listening.set()
            while not stop.is_set():
                command = monitor.next_command()
                if command["command"].startswith("ECHO packshot-bench"):
                    return
                if int(command["db"]) == database and command["client_type"] != "lua":
                    sent += 1
                elif command["client_type"] == "lua":
                    within += 1

    listening = threading.Event()
    listener = threading.Thread(target=listen)
    listener.start()
    listening.wait()
    contestant.tell(f"flood {jobs}")
    wait_for(contestant, jobs)
    contestant.answer()
    time.sleep(0.2)  # the last job's end comes after its body
    stop.set()
    server.echo("packshot-bench")
    listener.join()
    figures.sent, figures.within = sent / jobs, within / jobs


def wait_for(contestant: Contestant, jobs: int, patience_s: float = _PATIENCE_S) -> None:
    """Until so many bodies have run. RuntimeError where that takes too long."""
    give_up_at = time.monotonic() + patience_s
    while (done := tally.total(contestant.tally)) < jobs:
        if contestant.has_failed:
            raise RuntimeError(f"{contestant.kind.name}: its submitter failed, see {contestant.folder}/log")
        if time.monotonic() > give_up_at:
            raise RuntimeError(f"{contestant.kind.name}: {done} of {jobs} jobs done in {patience_s:g} s")
        time.sleep(_LOOK_S)


def _redis_cpu_s(server: redis.Redis) -> float:
    told = server.info("cpu")
    return float(told["used_cpu_sys"]) + float(told["used_cpu_user"])
