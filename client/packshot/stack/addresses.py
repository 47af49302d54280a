"""Where the API will listen: checked before anything is started, so that a taken port is told in one line."""

import errno
import socket
from dataclasses import dataclass

from packshot.stack.errors import StackError

_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  how clients of this machine reach a server on all addresses


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


def claim_port(host: str, port: int) -> Address:
    """The address, with a free port for port 0. Raises StackError if it cannot be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
            why = "is taken by another program" if taken else f"cannot be listened on: {error}"
            raise StackError(f"{host}:{port} {why}; name another with --port (0 takes any free one)") from error
        return Address(host, probe.getsockname()[1])
