"""The accepting thread and its connections, in one process: no client's timing ends it, or fills its memory."""

import selectors
import socket
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from types import SimpleNamespace

import pytest
from gunicorn.config import Config

from api.client_sockets import ClientSocket, Patience
from api.connections import PatientWorker
from api.heads import MOST_HEAD_BYTES

REQUEST = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
STALL_S = 0.2


@pytest.fixture
def patience() -> Patience:
    slow = SimpleNamespace(shares=tuple, enter=lambda _: None, leave=lambda _: None)
    return Patience(STALL_S, nullcontext, slow)


@pytest.fixture
def worker(patience: Patience) -> Iterator[PatientWorker]:
    """As gunicorn makes it, but without a process, and with room for two connections."""
    worker = object.__new__(PatientWorker)
    worker.cfg, worker.poller, worker.nr_conns, worker.worker_connections = Config(), selectors.DefaultSelector(), 0, 2
    worker.pending_conns, worker.keepalived_conns, worker._heads = deque(), deque(), {}
    worker.patience = lambda: patience
    yield worker
    for conn in (*worker.pending_conns, *worker._heads):
        conn.close()
    worker.poller.close()


@pytest.fixture
def pair(patience: Patience) -> Iterator[tuple[ClientSocket, socket.socket]]:
    near, far = socket.socketpair()
    with ClientSocket.of(near, patience) as client, far:
        yield client, far


def test_a_connection_that_is_dropped_as_it_becomes_readable_ends_nothing(worker: PatientWorker) -> None:
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        worker.poller.register(listener, selectors.EVENT_READ, worker.accept)
        first, second = (stack.enter_context(socket.create_connection(listener.getsockname())) for _ in range(2))
        worker.accept(listener)
        first.sendall(b"G")  # the same round tells of this byte, and of the second connection
        events = sorted(worker.poller.select(5), key=lambda event: event[0].fileobj is not listener)
        assert len(events) == 2
        for key, _ in events:
            key.data(key.fileobj)
        assert worker.nr_conns == 1
        with pytest.raises(ConnectionResetError):
            first.recv(1)
        second.sendall(b"G")
        ((key, _),) = [event for event in worker.poller.select(5) if event[0].fileobj is not listener]
        key.data(key.fileobj)
        assert list(worker._heads)


def test_what_is_read_ahead_of_many_requests_has_a_bound(pair: tuple[ClientSocket, socket.socket]) -> None:
    client, far = pair
    far.setblocking(False)
    for _ in range(100):
        try:
            far.send(REQUEST * 2000)
        except BlockingIOError:
            break
    for _ in range(50):
        assert client.look_ahead()
        client.put_back(client.recv(8192)[len(REQUEST) :])  # as a thread does that has read one request
    assert len(client._ahead) <= MOST_HEAD_BYTES + 65536


def test_a_short_answer_waits_no_longer_for_its_client_than_a_long_one(
    pair: tuple[ClientSocket, socket.socket],
) -> None:
    client, _ = pair

    def send_for_ever() -> None:
        while True:
            client.send(b"HTTP/1.1 100 Continue\r\n\r\n" * 4000)

    with client.served(), pytest.raises(BlockingIOError, match="stalls"):
        send_for_ever()
