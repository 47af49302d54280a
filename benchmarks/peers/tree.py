"""What a system's processes take, all of them together: processor time, and memory by Linux's proportional set size."""

import contextlib
import os
import threading
import time
from pathlib import Path
from types import TracebackType

import psutil

_INTERVAL_S = 0.2
_SHARE_OF_TIME = 0.05  # that looking may take
_MIB = 1 << 20


def cpu_seconds(root: int, *, itself: bool = True) -> float:
    """Processor time of the process, its descendants, and those of theirs that ended and were waited for.

    Without `itself` of the descendants alone that are there now.
    """
    total = 0.0
    for process in family(root)[0 if itself else 1 :]:
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def memory_mib(root: int) -> float:
    """The memory of the process and its descendants; what several share counts once (PSS)."""
    return sum(_pss_bytes(process.pid) for process in family(root)) / _MIB


def family(root: int) -> list[psutil.Process]:
    """The process and its descendants; nothing where it is gone."""
    try:
        first = psutil.Process(root)
        return [first, *first.children(recursive=True)]
    except psutil.Error:
        return []


def busiest(root: int) -> psutil.Process:
    """The one among them that has used the processor most: once photos went through it, whoever runs the network.

    Of a moment's use an API that takes photos in may have more.
    """
    return max(family(root), key=_own_seconds)


class PeakMemory:
    """The most that a family of processes holds while the block runs, looked at five times a second or less."""

    def __init__(self, root: int) -> None:
        self.mib = 0.0
        self._root = root
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        pause_s = _INTERVAL_S
        while True:
            begun = time.thread_time()
            self.mib = max(self.mib, memory_mib(self._root))
            pause_s = max(_INTERVAL_S, (time.thread_time() - begun) / _SHARE_OF_TIME)
            if self._over.wait(pause_s):
                return


def _own_seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)


def _pss_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:  # it ended while we looked
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def idle_share(seconds: float, cpu_s: float) -> float:
    """The share of the machine's cores that a system left unused for so long."""
    return 1 - cpu_s / seconds / len(os.sched_getaffinity(0))
