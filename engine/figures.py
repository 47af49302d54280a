"""How the engine does, in numbers for whoever runs it: of the last batches, the last waits, and the last minute."""

import threading
from collections import deque
from typing import TypedDict

import numpy as np

from engine.batching.facts import Usage

KEPT = 1000
WINDOW_S = 60.0


class Waits(TypedDict):
    """Milliseconds from a submission to its first batch: half waited at most ``p50``; None before the first."""

    p50: float | None
    p95: float | None


class Summary(TypedDict):
    """What ``Figures.summary`` tells; None where nothing was measured yet.

    ``batches`` since the start; ``mean_batch``, slots in a batch, and ``fill``, the part of what the network saw that
    belonged to a unit and its halo, of the last ``KEPT``; ``device_busy``, the part of the last ``WINDOW_S`` in which
    the device had a batch.
    """

    batches: int
    mean_batch: float | None
    fill: float | None
    wait_ms: Waits
    device_busy: float


class Figures:
    """Written by the device thread, read by any. Times are those of one monotonic clock, in seconds."""

    def __init__(self, started: float) -> None:
        self._lock = threading.Lock()
        self._started = started
        self._batches = 0
        self._last: deque[tuple[int, Usage]] = deque(maxlen=KEPT)
        self._waits_ms: deque[float] = deque(maxlen=KEPT)
        self._busy: deque[tuple[float, float]] = deque()
        self._busy_since: float | None = None

    def note_batch(self, slots: int, usage: Usage) -> None:
        """A batch of so many slots ran."""
        with self._lock:
            self._batches += 1
            self._last.append((slots, usage))

    def note_wait(self, wait_ms: float) -> None:
        """A submission was answered, whose first batch began so long after it."""
        with self._lock:
            self._waits_ms.append(wait_ms)

    def note_busy(self, now: float, *, busy: bool) -> None:
        """The device has a batch from now on, or none any more."""
        with self._lock:
            if busy:
                self._busy_since = now if self._busy_since is None else self._busy_since
            elif self._busy_since is not None:
                self._busy.append((self._busy_since, now))
                self._busy_since = None
            while self._busy and self._busy[0][1] < now - WINDOW_S:
                self._busy.popleft()

    def summary(self, now: float) -> Summary:
        """All of it, as JSON values."""
        with self._lock:
            batches, last, waits = self._batches, list(self._last), list(self._waits_ms)
            busy = list(self._busy)
            if self._busy_since is not None:
                busy.append((self._busy_since, now))
        seen_px = sum(usage.seen_px for _, usage in last)
        used_px = sum(usage.core_px + usage.halo_px for _, usage in last)
        begin = max(self._started, now - WINDOW_S)
        busy_s = sum(max(0.0, end - max(begin, since)) for since, end in busy)
        return Summary(
            batches=batches,
            mean_batch=round(sum(slots for slots, _ in last) / len(last), 2) if last else None,
            fill=round(used_px / seen_px, 4) if seen_px else None,
            wait_ms=Waits(p50=_quantile(waits, 0.5), p95=_quantile(waits, 0.95)),
            device_busy=round(min(1.0, busy_s / max(now - begin, 1e-3)), 4),
        )


def _quantile(values: list[float], share: float) -> float | None:
    """By the nearest rank: one of the values."""
    return round(float(np.quantile(values, share, method="inverted_cdf")), 3) if values else None
