"""Redis' clock for those who go by it often: read now and then, and carried on by this machine's monotonic clock.

A machine whose own clock is wrong, or is set while a process runs, changes nothing.
"""

import threading
import time

import redis

KEPT_S = 30.0
"""So old a reading may be. A machine that slept, or another Redis, is noticed after so long."""


class RedisClock:
    """Thread-safe. Raises Redis' faults only while nothing has been read yet: later the last reading goes on."""

    def __init__(self, connection: redis.Redis) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._ahead_s = 0.0
        self._read_at = float("-inf")

    def now(self) -> float:
        """Unix seconds."""
        with self._lock:
            if time.monotonic() - self._read_at >= KEPT_S:
                self._read()
            return time.monotonic() + self._ahead_s

    def _read(self) -> None:
        known = self._read_at > float("-inf")
        try:
            seconds, microseconds = self._connection.time()
        except redis.exceptions.RedisError:
            if not known:
                raise
            return
        self._read_at = time.monotonic()
        self._ahead_s = seconds + microseconds / 1e6 - self._read_at
