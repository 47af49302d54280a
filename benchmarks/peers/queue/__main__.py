"""``python -m benchmarks.peers.queue``: all queues in turns on one Redis, in one run.

A round gives each queue its turn, in another order each time, while the workers of all others are halted.
"""

import argparse
import json
import statistics
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import redis

from benchmarks.peers.queue import losses
from benchmarks.peers.queue.contest import Figures, count_commands, flood, trips
from benchmarks.peers.queue.contestants import KINDS, LATE, Contestant, Kind, Place
from benchmarks.tables import Row, as_table
from jobs.redis_server import EmbeddedRedis

RESULTS = Path("results/peers/queue.json")


def main() -> None:
    """Measure, print the table, and keep the figures under results/."""
    options = _parse()
    with tempfile.TemporaryDirectory(prefix="packshot-queue-") as folder:
        server = EmbeddedRedis(Path(folder))
        server.start()
        try:
            place = Place(server.url, Path(folder), options.processes, options.threads, _body(options.body_ms))
            kinds = _chosen(options.only)
            figures = run(kinds, place, options.rounds, options.jobs, options.trips)
            lost = (
                [] if options.no_kills else losses.measure([kind for kind in (*kinds, LATE) if not kind.serves], place)
            )
        finally:
            server.stop()
    rows = [row_of(name, each, figures.get("celery")) for name, each in figures.items()]
    print(as_table(rows))
    if lost:
        print("\n" + as_table(lost))
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    told = {name: vars(each) for name, each in figures.items()}
    RESULTS.write_text(json.dumps({"options": vars(options), "figures": told, "lost": lost}, indent=1))


def run(kinds: Sequence[Kind], place: Place, rounds: int, jobs: int, count: int) -> dict[str, Figures]:
    """The figures of every kind, by name."""
    figures = {kind.name: Figures() for kind in kinds}
    with ExitStack() as stack:
        server = stack.enter_context(redis.Redis.from_url(place.url))
        contestants = [stack.enter_context(Contestant(kind, place, 1 + number)) for number, kind in enumerate(kinds)]
        for each in contestants:  # connections and caches, and what is done but once
            flood(each, server, 50, Figures())
            trips(each, 5, Figures())
            each.halt()
        for number in range(rounds):
            turn = number % len(contestants)
            for each in contestants[turn:] + contestants[:turn]:
                each.go_on()
                flood(each, server, round(jobs * each.kind.share), figures[each.kind.name])
                trips(each, count, figures[each.kind.name])
                if number == rounds - 1:
                    count_commands(each, server, 100, figures[each.kind.name])
                each.halt()
    return figures


def row_of(name: str, figures: Figures, celery: Figures | None) -> Row:
    """One line of the table: medians over the rounds, with the spread of the ratio to raw Celery of the same round."""
    row: dict[str, str | float | int] = {"queue": name, "jobs_per_s": statistics.median(figures.jobs_per_s)}
    if celery:
        ratios = [ours / theirs for ours, theirs in zip(figures.jobs_per_s, celery.jobs_per_s, strict=True)]
        row["to_celery"] = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
    if figures.trips_ms:
        ordered = sorted(figures.trips_ms)
        for part in (50, 95, 99):
            row[f"p{part}_ms"] = ordered[min(len(ordered) - 1, len(ordered) * part // 100)]
    else:
        row |= {"p50_ms": "-", "p95_ms": "-", "p99_ms": "-"}
    for name_of in ("submit", "worker", "redis"):
        row[f"{name_of}_cpu_ms"] = statistics.median(getattr(figures, f"{name_of}_cpu_ms"))
    return row | {"sent": figures.sent, "in_scripts": figures.within}


def _chosen(only: str) -> list[Kind]:
    names = [kind.name for kind in KINDS]
    wanted = [part.strip() for part in only.split(";") if part.strip()] or names
    if unknown := set(wanted) - set(names):
        raise SystemExit(f"unknown: {'; '.join(sorted(unknown))}; known: {'; '.join(names)}")
    return [kind for kind in KINDS if kind.name in wanted]


def _body(milliseconds: float) -> dict[str, str]:
    return {"QUEUE_BODY_MS": str(milliseconds)}


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers.queue", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=1000, help="in each flood")
    parser.add_argument("--trips", type=int, default=100, help="one after the other, in each round")
    parser.add_argument("--processes", type=int, default=1, help="worker processes of each queue")
    parser.add_argument("--threads", type=int, default=4, help="of each process; RQ has none")
    parser.add_argument("--body-ms", type=float, default=0, help="how long a job waits, in place of an empty one")
    parser.add_argument("--no-kills", action="store_true", help="leave out what a killed worker loses (2 minutes)")
    parser.add_argument("--only", default="", help="names joined by ';'")
    return parser.parse_args()


if __name__ == "__main__":
    main()
