"""A port for a server whose own choice nobody would be told.

Until that server listens, seconds pass on a busy machine. So the ports are none of those that the system gives to
whoever asks for any, and each process of the tests goes through others: what listens there did so before, and is seen.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import closing, suppress

FIRST, BEYOND = 15_000, 32_768  # below what Linux, and others, give to who asks for port 0
_OF_ONE = 64


def free_port() -> int:
    """One on which nothing listens now, and which this process has not been given lately."""
    for port in _PORTS:
        if _is_free(port):
            return port
    raise AssertionError("the ports go round")


def two_free_ports() -> int:
    """The first of two in a row on which nothing listens now."""
    while True:
        port = free_port()
        if _is_free(port + 1) and free_port() == port + 1:
            return port


def _is_free(port: int) -> bool:
    with closing(socket.socket()) as probe, suppress(OSError):
        probe.bind(("127.0.0.1", port))
        return True
    return False


def _round(first: int) -> Iterator[int]:
    while True:
        yield from range(first, BEYOND)
        yield from range(FIRST, first)


_PORTS = _round(FIRST + os.getpid() * _OF_ONE % (BEYOND - FIRST))
