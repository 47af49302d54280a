"""Clients that hang up while they wait."""

import socket
import threading
from collections.abc import Iterator

import pytest

from api.hang_ups import HangUps

PATIENCE_S = 60


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    yield ours, theirs
    ours.close()
    theirs.close()


def test_a_hang_up_is_told(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    gone = threading.Event()
    with HangUps().watched(ours, gone.set):
        theirs.close()
        assert gone.wait(PATIENCE_S)


def test_where_no_thread_can_be_had_the_next_request_tries_again(
    pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = pair
    hang_ups, gone = HangUps(), threading.Event()

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError), hang_ups.watched(ours, gone.set):
            pass
    with hang_ups.watched(ours, gone.set):
        theirs.close()
        assert gone.wait(PATIENCE_S)
