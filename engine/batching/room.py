"""Backpressure: a bounded number of pixels held for unfinished work. Thread-safe."""

import threading


class Room:
    """Counts resident pixels. Nothing is refused: who brings work asks first, and waits when there is no room."""

    def __init__(self, limit_px: float) -> None:
        self._limit_px = limit_px
        self._resident_px = 0
        self._changed = threading.Condition()

    def take(self, pixels: int) -> None:
        """Count pixels in."""
        with self._changed:
            self._resident_px += pixels

    def give(self, pixels: int) -> None:
        """Count pixels out."""
        with self._changed:
            self._resident_px -= pixels
            self._changed.notify_all()

    def has(self, pixels: int) -> bool:
        """Whether `pixels` more stay within the limit. An empty engine has room for anything."""
        with self._changed:
            return self._fits(pixels)

    def wait_for(self, pixels: int, timeout_s: float | None) -> bool:
        """Wait until `has(pixels)`; False when `timeout_s` passed first."""
        with self._changed:
            return self._changed.wait_for(lambda: self._fits(pixels), timeout_s)

    def _fits(self, pixels: int) -> bool:
        return self._resident_px == 0 or self._resident_px + max(1, pixels) <= self._limit_px
