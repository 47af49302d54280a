"""Bounds the pictures that jobs hold at once, so that a few large ones do not use up the memory. Knows no job."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LOOK_UP_S = 0.25


class PictureRoom:
    """Admits jobs in the order they came, each once its largest picture fits beside the others'. Thread-safe.

    A picture larger than the whole room is admitted alone.
    """

    def __init__(self, limit_px: float) -> None:
        self._limit_px = limit_px
        self._held_px = 0
        self._line: deque[object] = deque()
        self._changed = threading.Condition()

    @property
    def held_px(self) -> int:
        """What the admitted jobs hold now."""
        return self._held_px

    @contextmanager
    def hold(self, pixels: int, while_waiting: Callable[[], None]) -> Iterator[None]:
        """Wait in line for `pixels`, and hold them within the block.

        `while_waiting` is called four times a second in the caller's thread; what it raises ends the wait.
        """
        self._wait_in_line(pixels, while_waiting)
        try:
            yield
        finally:
            with self._changed:
                self._held_px -= pixels
                self._changed.notify_all()

    def _wait_in_line(self, pixels: int, while_waiting: Callable[[], None]) -> None:
        place = object()
        with self._changed:
            self._line.append(place)
        try:
            while not self._admitted(place, pixels):
                while_waiting()
        finally:
            with self._changed:
                self._line.remove(place)
                self._changed.notify_all()

    def _admitted(self, place: object, pixels: int) -> bool:
        with self._changed:
            fits = self._changed.wait_for(lambda: self._line[0] is place and self._fits(pixels), _LOOK_UP_S)
            if fits:
                self._held_px += pixels
            return fits

    def _fits(self, pixels: int) -> bool:
        return self._held_px == 0 or self._held_px + pixels <= self._limit_px
