"""A Redis that does not answer is not asked by everybody in turn: who comes after two timeouts is told so at once.

Without this a frozen Redis holds each of the API's threads for as long as its timeouts last, and whoever stands in line
behind them waits for several of those.
"""

import threading
import time
from typing import Any

import redis

ASK_AGAIN_S = 1.0
_ENOUGH = 2  # timeouts in a row; one may be a connection that the network has lost


class Silence:
    """Whether Redis answers, as all connections of a client together have seen it. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._timeouts = 0
        self._ask_at = 0.0

    def check(self) -> None:
        """Raise redis.TimeoutError while Redis is silent, but for one caller a second, who may ask."""
        if self._timeouts < _ENOUGH:
            return
        with self._lock:
            if self._timeouts < _ENOUGH:
                return
            if time.monotonic() < self._ask_at:
                raise redis.TimeoutError("Redis has not answered for a while, and is not asked now")
            self._ask_at = time.monotonic() + ASK_AGAIN_S

    def grow(self) -> None:
        """It did not answer in time."""
        with self._lock:
            self._timeouts += 1
            self._ask_at = time.monotonic() + ASK_AGAIN_S

    def end(self) -> None:
        """It answered."""
        self._timeouts = 0


class Heeding:
    """A connection that heeds the silence of all: mixed into redis-py's."""

    _has_leave = False  # it was let through before it connects

    def __init__(self, *arguments: Any, silence: Silence, **options: Any) -> None:
        self._silence = silence
        self._is_new = False  # until its first answer: it was let through as a whole
        super().__init__(*arguments, **options)

    def _connect(self) -> Any:
        if not self._has_leave:
            self._silence.check()
        self._is_new = True
        try:
            return super()._connect()  # type: ignore[misc]
        except (TimeoutError, redis.TimeoutError):
            self._silence.grow()
            raise

    def send_packed_command(self, *arguments: Any, **options: Any) -> None:
        """As redis-py's, unless Redis is silent."""
        if not self._is_new:
            self._silence.check()
        super().send_packed_command(*arguments, **options)  # type: ignore[misc]

    def read_response(self, *arguments: Any, **options: Any) -> Any:
        """As redis-py's; notes whether it answered."""
        try:
            answer = super().read_response(*arguments, **options)  # type: ignore[misc]
        except redis.TimeoutError:
            self._silence.grow()
            raise
        except redis.ResponseError:
            self._silence.end()
            raise
        finally:
            self._is_new = False
        self._silence.end()
        return answer


class HeedingConnection(Heeding, redis.Connection):
    """Over TCP."""


class HeedingTlsConnection(Heeding, redis.SSLConnection):
    """Over TLS."""
