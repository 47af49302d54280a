"""What the engine's batches came to in the last minute, for whoever looks at this worker now."""

import threading
import time
from collections import Counter, deque
from typing import TypedDict

from engine.observing import BatchEvent

WINDOW_S = 60.0
MEGA = 1_000_000


class Recent(TypedDict):
    """Megapixels a second that the networks answered for; why the batches left, as ``engine.batching`` names it."""

    megapixels_per_s: float
    flush_reasons: dict[str, int]


class RecentBatches:
    """An observer of the engine: written by the device thread, read by any."""

    def __init__(self, began: float | None = None) -> None:
        """`began` is when the worker did, in time.monotonic() seconds; now, where nothing is given."""
        self._began = time.monotonic() if began is None else began
        self._lock = threading.Lock()
        self._batches: deque[tuple[float, int, str]] = deque()

    def batch_ended(self, event: BatchEvent) -> None:
        """Count it. A failed batch brought nothing."""
        if event.failed:
            return
        with self._lock:
            self._batches.append((event.ended, event.core_px, event.reason))
            self._forget(event.ended)

    def summary(self, now: float) -> Recent:
        """Of the last minute, or since the worker began."""
        with self._lock:
            self._forget(now)
            batches = list(self._batches)
        span_s = max(1.0, min(WINDOW_S, now - self._began))
        reasons = Counter(reason for _, _, reason in batches)
        return Recent(
            megapixels_per_s=round(sum(core_px for _, core_px, _ in batches) / MEGA / span_s, 3),
            flush_reasons=dict(reasons.most_common()),
        )

    def _forget(self, now: float) -> None:
        while self._batches and self._batches[0][0] < now - WINDOW_S:
            self._batches.popleft()
