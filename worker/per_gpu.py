"""``python -m worker --gpus all``: one worker process for each GPU, since one process owns one device.

This process touches no GPU: it starts the others, each of which sees its GPU alone, starts one again that died, and
hands SIGTERM and SIGINT on. What a machine has once (memory, processors) is shared out among them.
"""

import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.backends.cpus import usable_cpus
from worker.errors import GpusRefused
from worker.settings import WorkerSettings

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
STEADY_AFTER_S = 60.0  # a worker that lived this long starts over with the first pause
_LOOK_S = 0.1
_PR_SET_PDEATHSIG = 1


def choose_gpus(wanted: str, present: int) -> list[int]:
    """Read ``all`` or numbers joined by commas, as CUDA numbers the `present` GPUs. Raises GpusRefused."""
    if present == 0:
        raise GpusRefused(
            "--gpus needs an NVIDIA GPU and its driver; this machine shows none. Without --gpus the CPU does the work"
        )
    if wanted == "all":
        return list(range(present))
    numbers = [part.strip() for part in wanted.split(",")]
    if not all(part.isdecimal() and int(part) < present for part in numbers) or len(set(numbers)) < len(numbers):
        raise GpusRefused(
            f"--gpus is 'all' or different numbers from 0 to {present - 1}, joined by commas; received {wanted!r}"
        )
    return [int(part) for part in numbers]


def environment_of(
    gpu: int, gpus: Sequence[int], settings: WorkerSettings, environ: Mapping[str, str]
) -> dict[str, str]:
    """What one GPU's worker gets: its GPU as the only one, and its share of the machine."""
    visible = [name.strip() for name in environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name.strip()]
    share = {
        "PACKSHOT_MAX_HELD_MEGAPIXELS": f"{max(0.1, settings.held_px / 1e6 / len(gpus)):.1f}",
        "PACKSHOT_CONCURRENCY": str(settings.concurrency or max(4, usable_cpus() // len(gpus) + 2)),
    }
    if settings.metrics_port:  # each tells its own figures
        share["PACKSHOT_METRICS_PORT"] = str(settings.metrics_port + list(gpus).index(gpu))
    return {**environ, **share, "CUDA_VISIBLE_DEVICES": visible[gpu] if visible else str(gpu), "PACKSHOT_GPU": "0"}


@dataclass
class GpuWorker:
    """One GPU's process."""

    gpu: int
    environment: Mapping[str, str] = field(repr=False)
    command: Sequence[str]
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    pause_s: float = FIRST_PAUSE_S
    due: float = 0.0

    def start(self) -> None:
        """Start the process; it is told to end when this one dies, however that happens.

        It leads a process group of its own: a terminal's Ctrl-C would else reach it twice, and a worker that is told
        twice gives its jobs back at once.
        """
        self.process = subprocess.Popen(
            self.command,
            env=dict(self.environment),
            process_group=0,
            preexec_fn=_on_leash(),  # noqa: PLW1509
        )
        self.started = time.monotonic()
        log.info("worker of GPU %d: process %d", self.gpu, self.process.pid)

    def tend(self) -> None:
        """Start the process again, after a pause that grows with each death, if it has ended."""
        assert self.process is not None
        if (code := self.process.poll()) is None:
            return
        now = time.monotonic()
        if not self.due:
            self.pause_s = FIRST_PAUSE_S if now - self.started > STEADY_AFTER_S else self.pause_s
            self.due = now + self.pause_s
            log.error("worker of GPU %d ended with code %d: again in %.1f s", self.gpu, code, self.pause_s)
            self.pause_s = min(LONGEST_PAUSE_S, 2 * self.pause_s)
        elif now >= self.due:
            self.due = 0.0
            self.start()


class GpuWorkers:
    """All of a machine's workers, from `run` until a signal and their end."""

    def __init__(self, workers: Sequence[GpuWorker]) -> None:
        self._workers = workers
        self._stopping = False
        self._told: set[int] = set()

    def run(self) -> int:
        """Run until SIGTERM or SIGINT, and until every worker has drained; main thread only. Returns 0, or 1 if one
        ended otherwise than asked.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._hand_on)
        for worker in self._workers:
            worker.start()
        while not self._stopping:
            for worker in self._workers:
                worker.tend()
            time.sleep(_LOOK_S)
        self._tell(signal.SIGTERM)  # those that were just being started when the signal came
        codes = [worker.process.wait() for worker in self._workers if worker.process is not None]
        return int(any(codes))

    def _hand_on(self, number: int, _frame: Any) -> None:
        self._stopping = True
        self._told.clear()
        self._tell(number)

    def _tell(self, number: int) -> None:
        for worker in self._workers:
            process = worker.process
            if process is not None and process.pid not in self._told and process.poll() is None:
                self._told.add(process.pid)
                process.send_signal(number)


def run_per_gpu(wanted: str, present: int, settings: WorkerSettings) -> int:
    """Run a worker on each GPU of `wanted`; returns the exit code. Raises GpusRefused."""
    gpus = choose_gpus(wanted, present)
    command = worker_command(safe_path=sys.flags.safe_path)
    return GpuWorkers([GpuWorker(gpu, environment_of(gpu, gpus, settings, os.environ), command) for gpu in gpus]).run()


def worker_command(*, safe_path: bool) -> list[str]:
    """What starts one worker. `safe_path`: Python's -P, so that no `worker` in the current folder is taken for ours."""
    return [sys.executable, *(["-P"] if safe_path else []), "-m", "worker"]


def _on_leash() -> Callable[[], None] | None:
    """What the child calls before it becomes the worker: Linux then signals it when its parent dies."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
