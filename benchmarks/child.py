"""Runs one side of a benchmark in a process of its own, so that its peak memory is its own."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

Figures = Mapping[str, float]


def run_in_child(module: str, *arguments: str) -> dict[str, float]:
    """Run ``python -m module arguments``; returns the figures of its last line, which is JSON.

    Every other line is passed on as it comes. Raises RuntimeError when the child fails.
    """
    last = ""
    with subprocess.Popen([sys.executable, "-m", module, *arguments], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if last:
                print(last, end="", flush=True)
            last = line
    if child.returncode:
        raise RuntimeError(f"python -m {module} {' '.join(arguments)} ended with {child.returncode}")
    figures: dict[str, float] = json.loads(last)
    return figures


def tell(figures: Figures) -> None:
    """Print a child's figures, as the last thing it does."""
    print(json.dumps(dict(figures)), flush=True)


def peak_mib(process: str = "self") -> float:
    """The most that a process (by number) has held in memory; unlike ru_maxrss it owes nothing to its parent."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    assert found, f"no VmHWM in the status of process {process}"
    return int(found[1]) / 1024
