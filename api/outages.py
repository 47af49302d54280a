"""Tells the log why a store does not answer, in its own words: now and then, not with every request that meets it."""

import threading
import time

import structlog

EVERY_S = 60.0
_LONGEST = 500

log = structlog.get_logger("api")


class Outages:
    """Of one API process. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told: dict[str, float] = {}
        self._refused: dict[str, int] = {}

    def tell(self, reason: str, error: Exception) -> None:
        """A request was refused for this `reason`: there is a line of it at most once a minute."""
        now = time.monotonic()
        with self._lock:
            if now - self._told.get(reason, float("-inf")) < EVERY_S:
                self._refused[reason] += 1
                return
            self._told[reason] = now
            unheard, self._refused[reason] = self._refused.get(reason, 0), 0
        log.warning("unavailable", reason=reason, error=words_of(error), refused_since_last_told=unheard)


def words_of(error: Exception) -> str:
    """The error's kind and first line; redis-py (8.1) tells the kind alone in its own ``repr``."""
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"[:_LONGEST]
