"""What the server does when it has no file descriptor left for a client: one that it kept for this says 503 to it.

Without it gunicorn's loop (27.0.1) ends with the error, and with it every request that is being answered.
"""

import errno
import os
import select
import socket
import time
from contextlib import closing, suppress

from api.problems import RETRY_AFTER_S
from api.unreadable import raw_answer

EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_FIRST_BYTES_S = 0.05
_PAUSE_S = 0.02


class SpareDescriptor:
    """A descriptor to accept with when there is none left. For the accepting thread alone."""

    def __init__(self) -> None:
        self._spare: int | None = None
        self._keep()

    def turn_away(self, listener: socket.socket) -> None:
        """Accept one client, tell it to come back, and close. Never raises OSError.

        Where another thread has taken the spare one meanwhile, it waits a moment, and the client with it.
        """
        if self._spare is None:
            time.sleep(_PAUSE_S)
        else:
            os.close(self._spare)
            self._spare = None
            with suppress(OSError):
                client, _ = listener.accept()
                with closing(client):
                    _refuse(client)
        self._keep()

    def _keep(self) -> None:
        if self._spare is None:
            with suppress(OSError):
                self._spare = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)


def is_readable(connection: socket.socket, timeout_s: float) -> bool:
    """Whether bytes, or the end, came in time. Unlike a selector it needs no descriptor of its own."""
    waiting = select.poll()
    waiting.register(connection, select.POLLIN)
    return bool(waiting.poll(timeout_s * 1000))


def _refuse(client: socket.socket) -> None:
    """Say 503 once the request's first bytes are read: closed with unread bytes, a connection loses its answer."""
    client.setblocking(False)
    if is_readable(client, _FIRST_BYTES_S):
        client.recv(1 << 16)
    detail = f"this server is out of resources; try again in {RETRY_AFTER_S} s"
    client.sendall(raw_answer("unavailable", detail, {"Retry-After": str(RETRY_AFTER_S)}))
    client.shutdown(socket.SHUT_WR)
