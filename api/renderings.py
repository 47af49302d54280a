"""Answers that were just rendered: where many wait for one job, its end is rendered once."""

import threading
import time
from collections.abc import Callable, Hashable

from flask import json

KEPT = 16
KEPT_S = 2.0


class Renderings:
    """The last few documents as JSON, for a moment. Thread-safe; who asks for the same waits for the first to be done.

    The key names everything that the document depends on; nobody asks without having seen the thing itself.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[Hashable, tuple[float, bytes]] = {}

    def of(self, key: Hashable, render: Callable[[], object]) -> bytes:
        """What ``render`` gives, as JSON."""
        with self._lock:
            rendered_at, body = self._known.get(key, (0.0, b""))
            if not body or time.monotonic() - rendered_at > KEPT_S:
                self._known.pop(key, None)
                body = json.dumps(render(), separators=(",", ":")).encode()
                self._known[key] = (time.monotonic(), body)
                while len(self._known) > KEPT:
                    del self._known[next(iter(self._known))]
            return body
