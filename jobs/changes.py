"""Wake-ups for those who wait: one subscriber thread per process, started by the first of them.

Knows names alone. A wake-up is a hint to look at the record again. None is lost unnoticed: whenever the subscription
begins anew, everybody is woken.
"""

import logging
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import redis

CHANNEL = "packshot:changes"  # messages: "<job id> <version> <tenant>", "<batch id> <version>"

_RECONNECT_S = 1.0
_TOGETHER_S = 1.0  # how long one waits for another's look, before it looks itself
_log = logging.getLogger(__name__)

T = TypeVar("T")


class Topic:
    """What some wait for: those to wake, and what the first of them saw after the last change."""

    def __init__(self) -> None:
        self.waiters: set[threading.Event] = set()
        self._changes = 0
        self._seen: dict[Hashable, tuple[int, Any]] = {}
        self._looking = threading.Lock()

    def change(self) -> None:
        """Wake everybody."""
        self._changes += 1
        for woken in self.waiters:
            woken.set()

    def look(self, kind: Hashable, look: Callable[[], T]) -> T:
        """What ``look`` gives, called once for each change: for whoever was woken by one, and asks the same.

        Raises what ``look`` raises, and remembers nothing then.
        """
        if not self._looking.acquire(timeout=_TOGETHER_S):
            return look()
        try:
            changes = self._changes  # before the look, which may see more than these
            known = self._seen.get(kind)
            if known is None or known[0] != changes:
                known = self._seen[kind] = (changes, look())
            found: T = known[1]
            return found
        finally:
            self._looking.release()


class ChangeListener:
    """Lets many threads wait for changes of their jobs over one connection."""

    def __init__(self, redis: redis.Redis) -> None:
        self._redis = redis
        self._lock = threading.Lock()
        self._topics: dict[str, Topic] = {}
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()
        self.heard = 0
        """Grows with every change of anything, while somebody waits; where it stands still, so does every queue."""

    @contextmanager
    def watching(self, name: str, woken: threading.Event) -> Iterator[Topic]:
        """``woken`` is set at each change of the job or batch, or of any job of ``tenant_topic(tenant)``."""
        with self._lock:
            self._start()
            topic = self._topics.setdefault(name, Topic())
            topic.waiters.add(woken)
        try:
            yield topic
        finally:
            with self._lock:
                topic.waiters.discard(woken)
                if not topic.waiters:
                    del self._topics[name]

    def close(self) -> None:
        """End the thread (within about half a second) and wait for it."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join()

    def _start(self) -> None:
        if self._thread is None and not self._closed.is_set():
            thread = threading.Thread(target=self._run, name="packshot-changes", daemon=True)
            thread.start()  # RuntimeError where there are too many; then the next waiter tries
            self._thread = thread

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                self._listen()
            except redis.RedisError as error:
                _log.warning("no wake-ups for pollers, trying again: %s", error)
            except Exception:  # noqa: BLE001  (such as a message that is no text: nobody who waits may be left alone)
                _log.exception("no wake-ups for pollers, trying again")
            else:
                continue
            self._closed.wait(_RECONNECT_S)

    def _listen(self) -> None:
        with self._redis.pubsub() as subscription:  # type: ignore[no-untyped-call]
            subscription.subscribe(CHANNEL)
            while not self._closed.is_set():
                message = subscription.get_message(timeout=0.5)
                if message is None:
                    continue
                if message["type"] == "subscribe":  # what changed until now was not heard
                    self._wake_all()
                elif message["type"] == "message":
                    self._wake(str(message["data"]).split(" "))

    def _wake(self, told: list[str]) -> None:
        """An id and a version; of a job its tenant too."""
        self.heard += 1
        with self._lock:
            for name in (told[0], *map(tenant_topic, told[2:3])):
                if topic := self._topics.get(name):
                    topic.change()

    def _wake_all(self) -> None:
        self.heard += 1
        with self._lock:
            for topic in self._topics.values():
                topic.change()


def tenant_topic(tenant: str) -> str:
    """The name under which all jobs of a tenant are waited for; no id looks like it."""
    return f"tenant {tenant}"
