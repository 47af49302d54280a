"""Processes that stand still for a while, and never for longer: a stopped one is deaf to whoever cleans up."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil


@contextmanager
def held_still(process: psutil.Process) -> Iterator[None]:
    """SIGSTOP, and SIGCONT whatever happens in the block; it may end meanwhile."""
    with suppress(psutil.NoSuchProcess):
        process.suspend()
    try:
        yield
    finally:
        with suppress(psutil.NoSuchProcess):
            process.resume()
