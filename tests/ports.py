"""A port for a server whose own choice nobody would be told."""

import socket
from contextlib import closing


def free_port() -> int:
    """One on which nothing listens now."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
