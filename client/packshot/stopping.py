"""The flag that ends a run early."""

import threading

from packshot.errors import PackshotError


class RunStopped(PackshotError):  # noqa: N818  named like the rest of the tree
    """The run was told to stop while this photo was under way."""


class Stop:
    """A flag that also ends every pause between attempts and polls, so that a stopped run does not linger."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """Raises RunStopped in every thread that pauses now or later."""
        self._event.set()

    def is_set(self) -> bool:
        """Whether the run was told to stop."""
        return self._event.is_set()

    def check(self) -> None:
        """Raises RunStopped if the flag is up."""
        self.pause(0.0)

    def pause(self, seconds: float) -> None:
        """Sleeps. Raises RunStopped as soon as the flag is up."""
        if self._event.wait(seconds):
            raise RunStopped("the run was stopped")
