"""A client's connection as a request's thread uses it: it waits in nobody's place, and no longer than the client earns.

Each wait is bounded, and all waits of a request together: by a grace, and as long again as the bytes that went over the
wire would take at the slowest rate that we serve. So a client that drips is cut off, whatever its rhythm.
"""

import errno
import fcntl
import select
import socket
import struct
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from flask import has_request_context
from gunicorn.http.errors import LimitRequestHeaders

from api.heads import MOST_HEAD_BYTES, is_whole
from api.shares import Share
from api.slow_clients import SlowClients
from jobs.problems import ProblemError

SLOWEST_BYTES_PER_S = 1000
UNNOTICED_S = 1.0  # of a request's waits together; longer ones count among the slow clients
_PIECE_BYTES = 65536

T = TypeVar("T")


@dataclass(frozen=True)
class Patience:
    """How long clients are waited for: ``stall_s`` is each wait's bound, and the grace of all waits of a request.

    ``resting`` is entered for as long as a thread waits.
    """

    stall_s: float
    resting: Callable[[], AbstractContextManager[None]]
    slow: SlowClients


class ClientSocket(socket.socket):
    """One thread uses it at a time. What is read ahead of a request, by ``look_ahead``, comes first."""

    _patience: Patience
    _ahead: bytearray
    _whose: Sequence[Share] = ()
    _overlong = _serving = _counted = False
    _waited_s = 0.0
    _moved = 0

    @classmethod
    def of(cls, accepted: socket.socket, patience: Patience) -> Self:
        """The connection just accepted."""
        client = cls(accepted.family, accepted.type, accepted.proto, fileno=accepted.detach())
        client._patience = patience
        client._ahead = bytearray()
        return client

    @property
    def holds_bytes(self) -> bool:
        """Whether something of the next request was read already."""
        return bool(self._ahead)

    def look_ahead(self) -> bool:
        """Read what has come, without waiting. Whether a thread should have it: a head is whole, or the client gone.

        Nothing more is read where one is there already, so what is held has a bound however much a client pipelines.
        """
        if is_whole(self._ahead):
            return True
        try:
            piece = super().recv(_PIECE_BYTES, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True  # gone, as its thread will find
        self._ahead += piece
        self._overlong = len(self._ahead) > MOST_HEAD_BYTES
        return not piece or is_whole(self._ahead)

    def put_back(self, data: bytes) -> None:
        """What a request's thread had read beyond its request."""
        self._ahead[:0] = data

    @contextmanager
    def served(self) -> Iterator[None]:
        """A request's body and answer go over it until the block ends; nothing is waited for outside of that."""
        self._serving, self._waited_s, self._moved = True, 0.0, 0
        try:
            yield
        finally:
            self._serving = False
            if self._counted:
                self._patience.slow.leave(self._whose)
            self._counted, self._whose = False, ()

    def note_whose(self) -> None:
        """Whom the current request counts for, while that can be told; its answer is sent when it cannot."""
        if not self._counted:
            self._whose = self._patience.slow.shares()

    def recv(self, size: int, flags: int = 0) -> bytes:
        """As of any socket. Raises BlockingIOError of a client that stalls, ProblemError of a slow one too many."""
        if flags:
            return super().recv(size, flags)
        if self._ahead:
            data = bytes(self._ahead[:size])
            del self._ahead[:size]
        elif self.gettimeout() is not None:  # the caller's own bound
            return super().recv(size)
        else:
            data = self._patiently(lambda: socket.socket.recv(self, size, socket.MSG_DONTWAIT), select.POLLIN)
        self._note_moved(len(data))
        return data

    def send(self, data: Any, flags: int = 0) -> int:
        """As ``sendall``, but with flags, or a time-out of the caller's own, as of any socket."""
        if flags or self.gettimeout() is not None:
            return super().send(data, flags)
        self.sendall(data)
        return len(data)

    def sendall(self, data: Any, flags: int = 0) -> None:
        """As of any socket. Raises BlockingIOError of a client that stalls, or is slow and one too many."""
        if self.gettimeout() is not None:
            super().sendall(data, flags)
            return
        left = memoryview(data)
        while left:
            try:
                sent = self._patiently(lambda: self.send(left, socket.MSG_DONTWAIT), select.POLLOUT)  # noqa: B023
            except ProblemError as error:  # its answer has begun
                raise _stalled() from error
            self._note_moved(sent)
            left = left[sent:]

    def _note_moved(self, count: int) -> None:
        if self._serving:
            self._moved += count

    def _patiently(self, attempt: Callable[[], T], event: int) -> T:
        while True:
            try:
                return attempt()
            except BlockingIOError:
                self._wait(event)

    def _wait(self, event: int) -> None:
        """Until the client has sent, or taken, something."""
        if not self._serving:
            raise LimitRequestHeaders("too long in all") if self._overlong else _stalled()
        waiting, silent_s, patience = select.poll(), 0.0, self._patience
        waiting.register(self, event)
        while True:
            if self._waited_s >= UNNOTICED_S and not self._counted:
                self._count_in()
            left_s = min(patience.stall_s - silent_s, patience.stall_s + self._earned_s() - self._waited_s)
            if left_s <= 0:
                raise _stalled()
            if not self._counted:
                left_s = min(left_s, UNNOTICED_S - self._waited_s)
            with patience.resting():
                since = time.monotonic()
                ready = waiting.poll(max(1, left_s * 1000))
                waited_s = time.monotonic() - since
            self._waited_s += waited_s
            silent_s += waited_s
            if ready:
                return

    def _count_in(self) -> None:
        if has_request_context():
            self.note_whose()
        self._patience.slow.enter(self._whose)
        self._counted = True

    def _earned_s(self) -> float:
        """What went to or from the client, as time; of what was sent, what still lies in the kernel did not go."""
        held = struct.unpack("i", fcntl.ioctl(self, termios.TIOCOUTQ, bytes(4)))[0]
        return max(0, self._moved - int(held)) / SLOWEST_BYTES_PER_S


def _stalled() -> BlockingIOError:
    return BlockingIOError(errno.EAGAIN, "the client stalls")
