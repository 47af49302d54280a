"""Ctrl-C in two steps: the first ends the work in good order, the second leaves at once."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from packshot.cli.exits import Exit


class Interrupts:
    """Ctrl-C and SIGTERM while `two_step_interrupts` lasts: the first raises KeyboardInterrupt on the main thread."""

    def __init__(self) -> None:
        self.told = False
        self._held = False

    def on_signal(self, _number: int, _frame: object) -> None:
        """The handler."""
        if self.told:
            os._exit(Exit.INTERRUPTED)
        self.told = True
        if not self._held:
            raise KeyboardInterrupt

    def check(self) -> None:
        """Raises KeyboardInterrupt if there was a Ctrl-C: where a block that holds it may well be left."""
        if self.told:
            raise KeyboardInterrupt

    @contextmanager
    def held(self) -> Iterator[None]:
        """What must not be cut in two: the first Ctrl-C in this block counts at its next `check`, or at its end.

        Work beside other threads is such: raised while a queue or a future takes its lock, an interrupt leaves that
        taken, and the threads that are to end wait for it.
        """
        self._held = True
        try:
            yield
        finally:
            self._held = False
        self.check()


@contextmanager
def two_step_interrupts() -> Iterator[Interrupts]:
    """Main thread only."""
    interrupts = Interrupts()
    numbers = (signal.SIGINT, signal.SIGTERM)
    handlers = {number: signal.signal(number, interrupts.on_signal) for number in numbers}
    try:
        yield interrupts
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
