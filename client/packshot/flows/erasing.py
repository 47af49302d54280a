"""Erases what is to be gone. In steps."""

from packshot.errors import Gone, NotFound
from packshot.flows.steps import Request, Send, Steps
from packshot.wire import Wire


def erased(wire: Wire, path: str) -> Steps[None]:
    """DELETE, until it is so. What is not there at a second attempt went with the first, whose answer was lost."""
    attempts = 0

    def attempt() -> Steps[None]:
        nonlocal attempts
        attempts += 1
        try:
            yield Send(Request("DELETE", path))
        except (NotFound, Gone):
            if attempts == 1:
                raise

    yield from wire.retried(attempt)
