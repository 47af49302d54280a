"""`make bench-peers`: Packshot and its peers in one run; figures to results/peers, tables and plots into docs/peers.md.

`--only` names systems, `--parts` what is measured: speed (the one part that wants a quiet machine; 12 minutes on two
cores), behaviours, memory, padding,
steps, queue. What is not measured this time is told as it was.
"""

import argparse
import datetime
import json
import os
import platform
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from benchmarks.child import run_in_child
from benchmarks.peers import behaviours, memory, padding, report, speed
from benchmarks.peers.systems import DEFAULT, SYSTEMS, System

RESULTS = Path("results/peers")
PARTS = ("padding", "steps", "speed", "behaviours", "memory", "queue")
_QUEUE = "queue"
_RELIT_TIMES = 3  # a photo is relit in a fraction of the time that it is restored in


def main() -> None:
    """Measure the parts that are asked for, one after another, and write the report. Ends with 1 where one is void."""
    asked = _parse()
    RESULTS.mkdir(parents=True, exist_ok=True)
    systems = [SYSTEMS[name] for name in asked.systems]
    for part in asked.parts:
        print(f"{part}: measuring ...", flush=True)
        if part == _QUEUE:
            sys.argv = ["benchmarks.peers.queue"]
            runpy.run_module("benchmarks.peers.queue", run_name="__main__")
            continue
        # one by one where that is all the same, so that what was measured stays when it is broken off
        for some in [[system] for system in systems] if part in ("behaviours", "memory") else [systems]:
            _keep(part, _measured(part, some, asked))
    void = report.write(RESULTS)
    for line in void:
        print(f"VOID: {line}")
    sys.exit(1 if void else 0)


def _measured(part: str, systems: Sequence[System], asked: argparse.Namespace) -> dict[str, Any]:
    if part == "speed":
        plan = speed.Plan(
            {"restore": asked.count, "relight": _RELIT_TIMES * asked.count}, asked.rounds, asked.clients,
            asked.clicks, asked.clicks_per_s, asked.port, asked.memory_gib, asked.policy, asked.photos,
        )  # fmt: skip
        return speed.measure(systems, plan)
    if part == "behaviours":
        facts = behaviours.measure(systems, asked.port, data_gib=asked.memory_gib, large_mp=asked.large)
        return {"large_mp": asked.large, "systems": facts}
    if part == "memory":
        return {"systems": memory.measure(systems, asked.port, data_gib=asked.memory_gib)}
    if part == "steps":
        return {"steps": run_in_child("benchmarks.peers.steps")}
    return {"policies": padding.compare()}


def _keep(part: str, measured: dict[str, Any]) -> None:
    """Write the part's figures; of behaviours and memory, what stands of systems that were not asked stays."""
    path = RESULTS / f"{part}.json"
    if "systems" in measured and path.exists():
        measured["systems"] = json.loads(path.read_text())["systems"] | measured["systems"]
    path.write_text(json.dumps(measured | {"facts": _facts()}, indent=1))


def _facts() -> dict[str, Any]:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    processor = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
    return {
        "date": str(datetime.datetime.now(datetime.UTC).date()),
        "cores": len(os.sched_getaffinity(0)),
        "processor": processor or platform.machine(),
        "memory_gib": psutil.virtual_memory().total / 2**30,
        "load": os.getloadavg()[0],
    }


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--only", default="", help=f"systems, joined by commas: {', '.join(SYSTEMS)}, or queue")
    parser.add_argument("--parts", default="", help=f"joined by commas: {', '.join(PARTS)}")
    parser.add_argument("--count", type=int, default=10, help="photos that are restored in a round; thrice are relit")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--photos", type=Path, help="a folder of real ones, in place of those made from the samples")
    parser.add_argument("--clients", type=int, default=16, help="that wait for their answers")
    parser.add_argument("--clicks", type=int, default=8, help="photos that come when they like; 0: none")
    parser.add_argument("--clicks-per-s", type=float, default=2.0)
    parser.add_argument("--policy", choices=padding.POLICIES, default="shape", help="how peers run mixed batches")
    parser.add_argument("--memory-gib", type=float, default=8.0, help="that a process may hold (RLIMIT_DATA); 0: any")
    parser.add_argument("--large", type=float, default=48.0, help="megapixels of the huge photo")
    parser.add_argument("--port", type=int, default=26100)
    asked = parser.parse_args()
    try:
        asked.systems, asked.parts = chosen(asked.only, asked.parts)
    except ValueError as error:
        parser.error(str(error))
    return asked


def chosen(only: str, parts: str) -> tuple[list[str], list[str]]:
    """The systems and the parts that two lists joined by commas ask for; raises ValueError for what is not known.

    Nothing stands for all. The queue is a part, and may be named among the systems as well: alone, for nothing else.
    """
    named = [name for name in only.replace(" ", "").split(",") if name]
    known = [name for name in named if name != _QUEUE]
    wanted = [part for part in parts.replace(" ", "").split(",") if part]
    if unknown := [name for name in known if name not in SYSTEMS]:
        raise ValueError(f"unknown: {', '.join(unknown)}; known: {', '.join(SYSTEMS)}, {_QUEUE}")
    if unknown := [part for part in wanted if part not in PARTS]:
        raise ValueError(f"unknown: {', '.join(unknown)}; known: {', '.join(PARTS)}")
    if not wanted:
        wanted = [part for part in PARTS if part != _QUEUE or not named]
        wanted = [] if named and not known else wanted
    if _QUEUE in named and _QUEUE not in wanted:
        wanted.append(_QUEUE)
    systems = known or list(DEFAULT)
    if missing := [name for name in systems if SYSTEMS[name].missing and wanted != [_QUEUE]]:
        raise ValueError(f"not built: {', '.join(missing)}; `make bench-peers` builds what ONLY names")
    return systems, wanted


if __name__ == "__main__":
    main()
