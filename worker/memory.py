"""How much memory this process may really use: the machine's, and the limit of its control group."""

import os
from pathlib import Path

from engine.backends.cpus import CGROUP

_LIMITS = ("memory.max", "memory/memory.limit_in_bytes")  # of control groups version 2 and version 1


def usable_memory_bytes(cgroup: Path = CGROUP) -> int:
    """The machine's memory, or less where a control group allows less."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([machine, *(limit for name in _LIMITS if (limit := _limit(cgroup / name)))])


def _limit(file: Path) -> int | None:
    try:
        return int(file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None  # no such group here, or the limit is "max"
