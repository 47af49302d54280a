"""Load on a system: clients that wait for an answer before they send the next photo, or arrivals that wait for none."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from benchmarks.peers import tree
from benchmarks.peers.calls import Call, Refused
from benchmarks.peers.photos import Photo
from benchmarks.peers.systems import Running


@dataclass
class Outcome:
    """What came of each photo: seconds it took, by its place; pictures, where they are kept; refusals by status."""

    seconds: dict[int, float] = field(default_factory=dict)
    pictures: dict[int, bytes] = field(default_factory=dict)
    refused: dict[int, int] = field(default_factory=dict)
    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_mib: float = 0.0

    def figures(self, photos: Sequence[Photo]) -> dict[str, Any]:
        """Images and megapixels a second, latencies in seconds (all of them, too), processor seconds a megapixel."""
        taken = sorted(self.seconds.values())
        megapixels = sum(photos[place].megapixels for place in self.seconds)
        return {
            "photos": len(taken),
            "refused": len(self.refused),
            "megapixels": megapixels,
            "images_per_s": len(taken) / self.wall_s,
            "mp_per_s": megapixels / self.wall_s,
            "p50_s": percentile(taken, 50),
            "p95_s": percentile(taken, 95),
            "p99_s": percentile(taken, 99),
            "cpu_s_per_mp": self.cpu_s / megapixels if megapixels else 0.0,
            "idle_share": tree.idle_share(self.wall_s, self.cpu_s),
            "peak_mib": self.peak_mib,
            "latencies_s": [round(second, 4) for second in taken],
        }


def closed_loop(running: Running, task: str, photos: Sequence[Photo], clients: int, keep: bool = False) -> Outcome:
    """Every photo once, in their order; each of the clients sends its next when it has its answer."""
    outcome, lock, places = Outcome(), threading.Lock(), iter(range(len(photos)))

    def client() -> None:
        while True:
            with lock:
                place = next(places, None)
            if place is None:
                return
            _send(running.call, task, photos[place].data, place, outcome, keep=keep)

    def all_clients() -> None:
        with ThreadPoolExecutor(clients) as pool:
            for done in [pool.submit(client) for _ in range(clients)]:
                done.result()

    return _measured(running, outcome, all_clients)


def open_loop(running: Running, task: str, photos: Sequence[Photo], rate_per_s: float, seed: int) -> Outcome:
    """Every photo once, at moments drawn from a Poisson process: who comes does not ask how long others wait."""
    outcome, draw = Outcome(), random.Random(seed)
    pauses = [draw.expovariate(rate_per_s) for _ in photos]

    def arrivals() -> None:
        with ThreadPoolExecutor(len(photos)) as pool:
            for place, pause_s in enumerate(pauses):
                time.sleep(pause_s)
                pool.submit(_send, running.call, task, photos[place].data, place, outcome)

    return _measured(running, outcome, arrivals)


def percentile(ordered: Sequence[float], percent: float) -> float:
    """By nearest rank, of values in order; of few it is the largest. NaN of none."""
    if not ordered:
        return float("nan")
    return ordered[min(len(ordered) - 1, max(0, -(-round(percent * len(ordered)) // 100) - 1))]


def counted(outcome: Outcome) -> str:
    """How the photos ended, in words: "99 answered, 1 × 400"."""
    kinds = Counter("broken off" if status == 0 else str(status) for status in outcome.refused.values())
    return ", ".join([f"{len(outcome.seconds)} answered", *(f"{count} × {kind}" for kind, count in kinds.items())])


def _measured(running: Running, outcome: Outcome, work: Callable[[], None]) -> Outcome:
    before = tree.cpu_seconds(running.root)
    with tree.PeakMemory(running.root) as peak:
        begun = time.perf_counter()
        work()
        outcome.wall_s = time.perf_counter() - begun
    outcome.cpu_s = tree.cpu_seconds(running.root) - before
    outcome.peak_mib = peak.mib
    return outcome


def _send(call: Call, task: str, photo: bytes, place: int, outcome: Outcome, *, keep: bool = False) -> None:
    begun = time.perf_counter()
    try:
        picture = call(task, photo)
    except Refused as refused:
        outcome.refused[place] = refused.status
        return
    outcome.seconds[place] = time.perf_counter() - begun
    if keep:
        outcome.pictures[place] = picture
