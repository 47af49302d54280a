"""Clients that close the connection while their request waits: one thread looks after all of them."""

import selectors
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


class HangUps:
    """Tells waiting requests that their client has gone. The thread starts with the first of them."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @contextmanager
    def watched(self, connection: socket.socket | None, gone: Callable[[], None]) -> Iterator[None]:
        """``gone`` is called, in the thread of this object, once the client has closed; None is never gone."""
        if connection is None:
            yield
            return
        with self._lock:
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="packshot-hang-ups", daemon=True)
                thread.start()  # RuntimeError where there are too many; then the next request tries
                self._thread = thread
            self._selector.register(connection, selectors.EVENT_READ, gone)
        try:
            yield
        finally:
            self._forget(connection)

    def _run(self) -> None:
        while True:
            for key, _ in self._selector.select():
                assert isinstance(key.fileobj, socket.socket)
                self._forget(key.fileobj)  # what a client says before it has its answer stays for the next request
                if _has_closed(key.fileobj):
                    key.data()

    def _forget(self, connection: socket.socket) -> None:
        with self._lock, suppress(KeyError, ValueError):  # forgotten before
            self._selector.unregister(connection)


def _has_closed(connection: socket.socket) -> bool:
    try:
        return not connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True
