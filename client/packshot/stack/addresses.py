"""Where the API will listen: checked before anything is started, so that a taken port is told in one line."""

import errno
import random
import socket
from collections.abc import Collection
from dataclasses import dataclass

from packshot.stack.errors import StackError

_UNLENT_PORTS = range(20_000, 32_768)
_TRIES = 20
# How clients of this machine reach a server on all addresses.
_ANY = {
    "::": "::1",
    "0.0.0.0": "127.0.0.1",  # noqa: S104  (nobody listens there by this)
}


@dataclass(frozen=True)
class Address:
    """A host and port to listen on."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """How a client of this machine reaches it."""
        host = _ANY.get(self.host, self.host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


def claim_port(host: str, port: int, spared: Collection[int] = ()) -> Address:
    """The address, with a free port for port 0. Raises StackError if it cannot be listened on.

    A free port is looked for below those that systems lend to outgoing connections: until the API listens, one of
    those could be taken by any connection of this machine, such as one to Redis. None of the `spared` is taken.
    """
    if port:
        return _claimed(host, port)
    for candidate in random.sample(_UNLENT_PORTS, _TRIES):
        try:
            if candidate not in spared:
                return _claimed(host, candidate)
        except StackError:
            continue
    return _claimed(host, 0)


def probe(host: str, port: int) -> int:
    """The port once it could be listened on, a free one for 0. Raises OSError; OverflowError for what is no port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        return int(listener.getsockname()[1])


def _claimed(host: str, port: int) -> Address:
    try:
        return Address(host, probe(host, port))
    except (OSError, OverflowError) as error:
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        why = "is taken by another program" if taken else f"cannot be listened on: {error}"
        raise StackError(f"{host}:{port} {why}; name another with --port (0 takes any free one)") from error
