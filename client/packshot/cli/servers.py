"""The server for a run: the one that is named or runs here, else a private one for as long as the run lasts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from packshot.client import Client
from packshot.errors import AddressMalformed, PackshotError, ServerNotFound
from packshot.locating import Server, locate
from packshot.retries import RetryPolicy


@dataclass(frozen=True)
class Served:
    """A server, and `check`, which raises StackError when it was ours (`private`) and has ended."""

    server: Server
    check: Callable[[], None]
    private: bool = False


@contextmanager
def served(url: str | None, api_key: str | None, say: Callable[[str], None]) -> Iterator[Served]:
    """Raises StackError if a private stack is needed and cannot start, and AddressMalformed.

    A named server is not asked here.
    """
    server = _found(url, api_key)
    if server is not None:
        yield Served(server, lambda: None)
        return
    from packshot.stack.installed import require_server
    from packshot.stack.private import PrivateStack

    require_server()
    say("no server is running: starting a private one for this run (keep one warm with `packshot up`)")
    with PrivateStack() as stack:
        yield Served(stack.server(), stack.check, private=True)


def _found(url: str | None, api_key: str | None) -> Server | None:
    try:
        server = locate(url, api_key)
    except AddressMalformed:
        raise  # somebody asked for a server of their own: a private one would never be it
    except ServerNotFound:
        return None
    return server if server.named or _answers(server) else None


def _answers(server: Server) -> bool:
    try:
        with Client(server.url, server.api_key, retries=RetryPolicy(first_answer_s=1.0)) as client:
            return client.healthy()
    except PackshotError:
        return False
