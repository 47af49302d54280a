"""Batches under way on the device."""

from typing import NamedTuple

from engine.backends.base import Running
from engine.batching.filling import Batch


class Flight(NamedTuple):
    """A batch on the device."""

    batch: Batch
    running: Running


class Failed:
    """A batch that could not even be started."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def wait(self) -> None:
        """See Running."""
        raise self._error
