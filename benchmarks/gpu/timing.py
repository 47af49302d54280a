"""Times work on a device: by events on the stream itself on a GPU, by the clock on a CPU."""

import statistics
import time
from collections.abc import Callable
from typing import Any

import torch


def median_s(run: Callable[[], None], stream: Any, rounds: int = 20) -> float:
    """Seconds of one `run`, the median of `rounds` after three to warm up.

    `stream`: a torch stream on which `run` enqueues all its work, or None when it works at once, on the CPU.
    """
    for _ in range(3):
        run()
    return statistics.median(_once(run, stream) for _ in range(rounds))


def _once(run: Callable[[], None], stream: Any) -> float:
    if stream is None:
        began = time.perf_counter()
        run()
        return time.perf_counter() - began
    before, after = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    before.record(stream)
    run()
    after.record(stream)
    after.synchronize()
    return float(before.elapsed_time(after)) / 1000
