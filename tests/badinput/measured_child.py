"""A decoding child that says what it took. A module of its own, as every child imports it: nothing heavy here."""

import os
import resource
import struct
from collections.abc import Callable
from typing import Any


class Measured:
    """A child's main around another one; it crosses by pickling, so it is a class and no closure."""

    def __init__(self, main: Callable[..., None], note: Any) -> None:
        self._main, self._note = main, note

    def __call__(self, *arguments: Any) -> None:
        try:
            self._main(*arguments)
        finally:
            used = resource.getrusage(resource.RUSAGE_SELF)
            os.pwrite(self._note, struct.pack("<qd", used.ru_maxrss * 1024, used.ru_utime + used.ru_stime), 0)
