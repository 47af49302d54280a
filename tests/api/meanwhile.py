"""What happens while a request waits."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SOON_S = 0.2


@contextmanager
def meanwhile(action: Callable[[], object]) -> Iterator[None]:
    """The action in a thread, a moment after the block has begun; it has ended when the block has."""
    timer = threading.Timer(SOON_S, action)
    timer.start()
    yield
    timer.join()
