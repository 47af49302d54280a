"""`make soak`: a service of its own under steady mixed work, looked at every few seconds; then the verdict.

Writes samples.csv and soak.md to results/soak (`--out`), and the picture where `--picture` says. Ends with 1 when
something grew or an actor met what it did not expect.
"""

import argparse
import csv
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.service import Service
from benchmarks.soak import load
from benchmarks.soak.picture import draw
from benchmarks.soak.sampling import FLOORS, Sampler
from benchmarks.soak.sink import Sink
from benchmarks.soak.trend import Point, Trend, judge_all
from benchmarks.tables import Row, as_table

RETENTION_S = 90
"""So short that what ends is collected many times over while it runs."""
WEBHOOKS_AT_ONCE = 4
"""Each is a thread that is started once so many meet: the usual sixteen would come one by one for hours, and a leak of
threads would not be told from them.
"""


def main() -> None:
    """Run a soak and print its verdict."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--every", type=float, default=5, help="seconds between two samples")
    parser.add_argument("--pace", type=float, default=1, help="less than 1: so much less work, where cores are shared")
    parser.add_argument("--out", type=Path, default=Path("results/soak"))
    parser.add_argument("--picture", type=Path, help="an SVG of the series")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="packshot-soak-") as folder:
        series, shop = _soak(Path(folder), asked)
    trends = judge_all(series, FLOORS)
    (asked.out / "soak.md").write_text(_report(trends, shop, asked.minutes))
    if asked.picture:
        asked.picture.write_text(draw(series, trends))
    print(_report(trends, shop, asked.minutes))
    sys.exit(0 if all(trend.flat for trend in trends) and not shop.surprises else 1)


def _soak(folder: Path, asked: argparse.Namespace) -> tuple[dict[str, list[Point]], load.Shop]:
    temporary, fetched = folder / "tmp", folder / "fetched"
    temporary.mkdir()
    fetched.mkdir()
    settings = {
        "PACKSHOT_RETENTION_S": str(RETENTION_S),
        "PACKSHOT_WEBHOOKS_PRIVATE": "true",
        "PACKSHOT_WEBHOOKS_RETRIES_S": "1,5",
        "PACKSHOT_WEBHOOKS_AT_ONCE": str(WEBHOOKS_AT_ONCE),
        "PACKSHOT_CONCURRENCY": "4",
        "TMPDIR": str(temporary),
    }
    sink = Sink()
    with Service(folder / "service", settings=settings) as service:
        shop = load.Shop(service.url, service.key(), sink, fetched)
        actors = load.start(shop, asked.pace)
        sampler = Sampler(service, temporary)
        series = _sample(sampler, asked.minutes * 60, asked.every, asked.out / "samples.csv")
        shop.over.set()
        for actor in actors:
            actor.join(timeout=20)
    sink.close()
    return series, shop


def _sample(sampler: Sampler, seconds: float, every_s: float, samples: Path) -> dict[str, list[Point]]:
    """Look again and again; what a later sample knows and an earlier one did not was nothing then."""
    taken: list[tuple[float, Mapping[str, float]]] = []
    started, pause = time.monotonic(), threading.Event()
    while (at := time.monotonic() - started) < seconds:
        taken.append((at, sampler.sample()))
        pause.wait(every_s)
    names = sorted({name for _, told in taken for name in told})
    with samples.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["seconds", *names])
        table.writerows([f"{at:.1f}", *(f"{told.get(name, 0):.6g}" for name in names)] for at, told in taken)
    return {name: [(at, told.get(name, 0.0)) for at, told in taken] for name in names}


def _report(trends: list[Trend], shop: load.Shop, minutes: float) -> str:
    rows: list[Row] = [
        {
            "what": trend.name,
            "median": round(trend.median, 1),
            "least": round(trend.least, 1),
            "most": round(trend.most, 1),
            "grows by, in an hour": round(trend.per_hour, 2),
            "allowed": round(trend.allowed, 1),
            "": "flat" if trend.flat else "GROWS",
        }
        for trend in trends
    ]
    done: list[Row] = [{"what": name, "times": times} for name, times in sorted(shop.told.items())]
    odd = "".join(f"- {times} × {name}\n" for name, times in shop.surprises.most_common()) or "None.\n"
    verdict = "flat" if all(trend.flat for trend in trends) else "it grows"
    return (
        f"# A soak of {minutes:g} minutes: {verdict}\n\n{as_table(rows)}\n\n## What was done\n\n{as_table(done)}\n\n"
        f"Webhooks received: {shop.sink.received}.\n\n## Surprises\n\n{odd}"
    )


if __name__ == "__main__":
    main()
