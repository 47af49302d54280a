"""A port for a server whose own choice nobody would be told."""

import socket
from contextlib import closing, suppress


def free_port() -> int:
    """One on which nothing listens now."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def two_free_ports() -> int:
    """The first of two in a row on which nothing listens now."""
    while True:
        port = free_port()
        with closing(socket.socket()) as probe, suppress(OSError, OverflowError):
            probe.bind(("127.0.0.1", port + 1))
            return port
