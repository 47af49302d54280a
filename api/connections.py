"""Connections on which nothing is asked yet: they hold no thread, and make room for others where there are too many."""

import selectors
import time
from contextlib import suppress
from functools import partial
from itertools import takewhile
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from api.client_sockets import ClientSocket, Patience

HEAD_S = 15.0
"""From its first byte to its last; it fits into a packet or two."""


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """Gives a connection to a thread once the whole head of a request is there; gunicorn 27.0.1 does at its first byte.

    Where there are as many connections as may be, the next one takes the room of the one that has been silent, or been
    sending a head, for longest. All of this is the accepting thread's.
    """

    def init_process(self) -> None:
        """Serve, in this process, until told to stop."""
        self._heads: dict[TConn, None] = {}  # those of which a part has come, the oldest first
        super().init_process()

    def patience(self) -> Patience:
        """With the clients whose requests are served."""
        raise NotImplementedError

    def accept(self, listener: Any) -> None:
        """Take a connection, and wait for its first bytes. Raises OSError where it cannot be taken."""
        try:
            accepted, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        client = ClientSocket.of(accepted, self.patience())
        while self.nr_conns + 1 >= self.worker_connections and self._make_room():
            pass
        conn = TConn(self.cfg, client, address, listener.getsockname())
        self.nr_conns += 1
        conn.since = time.monotonic()
        conn.timeout = conn.since + self.cfg.keepalive
        self.pending_conns.append(conn)
        self.poller.register(client, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def on_pending_socket_readable(self, conn: TConn, client: ClientSocket) -> None:
        """The first bytes on a new connection."""
        if _was_dropped(client):
            return
        self.poller.unregister(client)
        self.pending_conns.remove(conn)
        self._begin(conn)

    def on_client_socket_readable(self, conn: TConn, client: ClientSocket) -> None:
        """The first bytes of a further request."""
        if _was_dropped(client):
            return
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        conn.since = time.monotonic()
        self._begin(conn)

    def finish_request(self, conn: TConn, fs: Any) -> None:
        """A request is answered: the connection closes, or waits for the next one."""
        super().finish_request(conn, fs)
        kept = self.keepalived_conns and self.keepalived_conns[-1] is conn
        if kept and conn.sock.holds_bytes:  # which no longer make it readable
            self.on_client_socket_readable(conn, conn.sock)

    def murder_pending(self) -> None:
        """Close the connections whose time has passed without a request."""
        super().murder_pending()
        now = time.monotonic()
        for conn in list(takewhile(lambda conn: bool(conn.timeout <= now), self._heads)):
            self._drop(conn)

    def _cap_keepalive(self, deadline: float) -> None:
        super()._cap_keepalive(deadline)
        for conn in (*self.pending_conns, *self._heads):
            conn.timeout = min(conn.timeout, deadline)

    def _begin(self, conn: TConn) -> None:
        """The first bytes of a request have come; the connection is in no list, nor with the poller."""
        if conn.sock.look_ahead():
            self._hand_over(conn)
            return
        conn.timeout = time.monotonic() + min(HEAD_S, self.patience().stall_s)
        self._heads[conn] = None
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._go_on, conn))

    def _go_on(self, conn: TConn, client: ClientSocket) -> None:
        if not _was_dropped(client) and client.look_ahead():
            self.poller.unregister(client)
            del self._heads[conn]
            self._hand_over(conn)

    def _hand_over(self, conn: TConn) -> None:
        conn.data_ready = True
        self.enqueue_req(conn)

    def _make_room(self) -> bool:
        """Close one connection that asks nothing; False where there is none."""
        oldest = [next(iter(waiting)) for waiting in (self.pending_conns, self._heads) if waiting]
        if oldest or self.keepalived_conns:
            self._drop(min(oldest, key=lambda conn: float(conn.since)) if oldest else self.keepalived_conns[0])
            return True
        return False

    def _drop(self, conn: TConn) -> None:
        if conn in self._heads:
            del self._heads[conn]
        else:
            (self.pending_conns if conn in self.pending_conns else self.keepalived_conns).remove(conn)
        with suppress(KeyError, ValueError):
            self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()


def _was_dropped(client: ClientSocket) -> bool:
    """Whether it was closed to make room after the poller had named it readable, in the same round."""
    return client.fileno() < 0
