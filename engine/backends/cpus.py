"""How many cores this process may really use: its affinity, and the quota of its control group."""

import math
import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")


def usable_cpus(cgroup: Path = CGROUP) -> int:
    """Return at least 1: the cores of the affinity mask, or fewer when a control group allows less time."""
    affine = hasattr(os, "sched_getaffinity")  # macOS has none
    cores = len(os.sched_getaffinity(0)) if affine else os.cpu_count() or 1
    return max(1, min(cores, math.ceil(_quota(cgroup) or cores)))


def _quota(cgroup: Path) -> float | None:
    """Cores' worth of time that the group may use (version 2, else version 1), or None without a limit."""
    try:
        quota, period = (cgroup / "cpu.max").read_text().split()
        return None if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError):
        pass  # no version 2 group here
    try:
        spent = int((cgroup / "cpu/cpu.cfs_quota_us").read_text())
        return spent / int((cgroup / "cpu/cpu.cfs_period_us").read_text()) if spent > 0 else None
    except (OSError, ValueError):
        return None
