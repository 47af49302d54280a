"""Wake-ups for waiting pollers: one subscriber thread per process, started by the first waiter.

Knows ids alone. A wake-up is a hint to look at the record again; one may be lost while Redis is away.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import redis

CHANNEL = "packshot:changes"  # messages: "<job id> <version>"

_RECONNECT_S = 1.0
_log = logging.getLogger(__name__)


class ChangeListener:
    """Lets many threads wait for changes of their jobs over one connection."""

    def __init__(self, redis: redis.Redis) -> None:
        self._redis = redis
        self._lock = threading.Lock()
        self._waiters: dict[str, set[threading.Event]] = {}
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()

    @contextmanager
    def watching(self, job_id: str) -> Iterator[threading.Event]:
        """An event that is set at each change of the job, as long as the block runs. Clear it before looking again."""
        event = threading.Event()
        with self._lock:
            self._waiters.setdefault(job_id, set()).add(event)
            self._start()
        try:
            yield event
        finally:
            with self._lock:
                self._waiters[job_id].discard(event)
                if not self._waiters[job_id]:
                    del self._waiters[job_id]

    def close(self) -> None:
        """End the thread (within about half a second) and wait for it."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join()

    def _start(self) -> None:
        if self._thread is None and not self._closed.is_set():
            self._thread = threading.Thread(target=self._run, name="packshot-changes", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                self._listen()
            except redis.RedisError as error:
                _log.warning("no wake-ups for pollers, trying again: %s", error)
                self._closed.wait(_RECONNECT_S)

    def _listen(self) -> None:
        with self._redis.pubsub(ignore_subscribe_messages=True) as subscription:  # type: ignore[no-untyped-call]
            subscription.subscribe(CHANNEL)
            while not self._closed.is_set():
                message = subscription.get_message(timeout=0.5)
                if message is not None:
                    self._wake(str(message["data"]).partition(" ")[0])

    def _wake(self, job_id: str) -> None:
        with self._lock:
            for event in self._waiters.get(job_id, ()):
                event.set()
