"""`make bench`: run the benchmarks, or those named, and write docs/benchmarks.md with this machine's facts.

Those that are named (`make bench ONLY=engine_generation`) replace their own sections of the report, each with its date.
Those that take many minutes, or packages that serving does without, run only so; a run of all others leaves them be.
"""

import argparse
import datetime
import importlib
import os
import platform
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

from benchmarks.tables import Row, as_table

_REPORT = Path(__file__).parents[1] / "docs" / "benchmarks.md"
_KNOWN = ("end_to_end", "queue_cost", "memory", "engine_throughput", "engine_overhead", "engine_generation", "batching")
_ONLY_BY_NAME = (
    "engine_backends",
    "engine_large_photo",
    "engine_memory",
    "operation_times",
    "overload",
    "catalogue_run",
    "waiting_clients",
    "durability",
    "costs",
    "scale",
    "added_latency",
)
_Tables = Mapping[str, Sequence[Row]]
"""By title."""


def main() -> None:
    """Run the benchmarks in a temporary folder and print each table as it is measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    known = (*_KNOWN, *_ONLY_BY_NAME)
    parser.add_argument(
        "names",
        nargs="*",
        help=f"which: {', '.join(known)} (without a name, all but {', '.join(_ONLY_BY_NAME)}; that writes the report)",
    )
    names = parser.parse_args().names or list(_KNOWN)
    if unknown := set(names) - set(known):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(known)}")
    measured: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="packshot-bench-") as folder:
        for name in names:
            print(f"{name}: measuring ...", flush=True)
            module = importlib.import_module(f"benchmarks.{name}")
            tables = _tables(module.measure(Path(folder) / name))
            measured[name] = f"## {name}\n\n{_purpose(module)}\n\n{tables}\n"
            print(measured[name], flush=True)
    if names == list(_KNOWN):
        _write(_heading(), measured)
    else:
        dated = {name: text.replace("\n\n", f"\n\nMeasured on {_today()}.\n\n", 1) for name, text in measured.items()}
        _write(_REPORT.read_text().split("\n## ")[0] + "\n", dated)


def _write(heading: str, measured: dict[str, str]) -> None:
    """Write the report anew: `measured` by name, every other section as it stands there."""
    standing = {text.split("\n")[0]: f"## {text.rstrip()}\n" for text in _REPORT.read_text().split("\n## ")[1:]}
    sections = standing | measured
    names = [name for name in (*_KNOWN, *_ONLY_BY_NAME) if name in sections]
    by_hand = [name for name in sections if name not in names]
    _REPORT.write_text(heading + "\n".join(sections[name] for name in (*names, *by_hand)))
    print(f"written: {_REPORT.relative_to(Path.cwd())}")


def _purpose(module: ModuleType) -> str:
    return (module.__doc__ or "").strip()


def _tables(measured: Row | Sequence[Row] | _Tables) -> str:
    """One row, one table, or several with titles: what a benchmark's `measure` may return."""
    if not isinstance(measured, Mapping):
        return as_table(measured)
    titled = {title: rows for title, rows in measured.items() if not isinstance(rows, (float, int, str))}
    if titled:
        return "\n\n".join(f"### {title}\n\n{as_table(rows)}" for title, rows in titled.items())
    return as_table([{head: value for head, value in measured.items() if isinstance(value, (float, int, str))}])


def _heading() -> str:
    cores = len(os.sched_getaffinity(0))
    return (
        f"# Benchmarks\n\nWritten by `make bench` on {_today()}: {cores} CPU cores ({_processor()}), no GPU, "
        f"Python {platform.python_version()}. The machine was shared: "
        "read the ratios rather than the absolute figures.\n\n"
    )


def _today() -> datetime.date:
    return datetime.datetime.now(datetime.UTC).date()


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


if __name__ == "__main__":
    main()
