"""Answers that were just rendered: where many wait for one job, its end is rendered once."""

import threading
import time
from collections.abc import Callable, Hashable

from flask import json

KEPT = 16
KEPT_S = 2.0


class _Rendering:
    """One document, and who renders it at the moment."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.body = b""
        self.rendered_at = 0.0


class Renderings:
    """The last few documents as JSON, for a moment. Thread-safe; who asks for the same waits for the first to be done.

    The key names everything that the document depends on; nobody asks without having seen the thing itself.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()  # of the dictionary; never held while something is rendered, which asks Redis
        self._known: dict[Hashable, _Rendering] = {}

    def of(self, key: Hashable, render: Callable[[], object]) -> bytes:
        """What ``render`` gives, as JSON."""
        found = self._found(key)
        with found.lock:
            if not found.body or time.monotonic() - found.rendered_at > KEPT_S:
                found.body = json.dumps(render(), separators=(",", ":")).encode()
                found.rendered_at = time.monotonic()
            return found.body

    def _found(self, key: Hashable) -> _Rendering:
        """The newest last; the oldest go, though who holds one may still render it."""
        with self._lock:
            found = self._known.pop(key) if key in self._known else _Rendering()
            self._known[key] = found
            while len(self._known) > KEPT:
                del self._known[next(iter(self._known))]
            return found
