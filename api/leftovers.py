"""Bodies that an answer came before: the connection ends with that answer, and the answer says so.

gunicorn reads up to 64 kB of what a route left unread, then closes without a word; a client that has been told nothing
sends its next request into the closed connection, and cannot know whether that was done.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_current: ContextVar[Any] = ContextVar("gunicorn's request", default=None)


@contextmanager
def served(message: Any) -> Iterator[None]:
    """``message``, gunicorn's own request, is what this thread serves until the block ends."""
    token = _current.set(message)
    try:
        yield
    finally:
        _current.reset(token)


def close_behind_leftovers() -> None:
    """To be called when the answer is known, and none of it sent: have it say ``Connection: close`` where it must."""
    message = _current.get()
    if message is not None and _is_left(message.body):
        message.force_close()


def _is_left(body: Any) -> bool:
    """Whether bytes of the body may still come. gunicorn's readers: one counts down, the other ends its generator."""
    if body.failed:
        return True
    if hasattr(body.reader, "length"):
        return bool(body.reader.length)
    return getattr(body.reader, "parser", None) is not None
