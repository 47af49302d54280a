"""Single keys from a terminal, without waiting for the end of a line. Where there is no terminal there are no keys."""

import os
import select
import sys
import time
from types import TracebackType
from typing import Any, TextIO


class Keyboard:
    """Used inside a `with`, which gives the terminal back as it was."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._kept: list[Any] | None = None

    def __enter__(self) -> "Keyboard":
        if sys.platform != "win32" and self._stream.isatty():
            import termios
            import tty

            self._kept = termios.tcgetattr(self._stream)
            tty.setcbreak(self._stream)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if sys.platform != "win32" and self._kept is not None:
            import termios

            termios.tcsetattr(self._stream, termios.TCSADRAIN, self._kept)

    def key(self, timeout_s: float) -> str:
        """The next key, or nothing after `timeout_s` seconds."""
        if self._kept is None:
            time.sleep(timeout_s)
            return ""
        ready, _, _ = select.select([self._stream], [], [], timeout_s)
        if not ready:
            return ""
        # Past the stream, which would read all that was typed, and keep the second key where select sees none.
        return os.read(self._stream.fileno(), 1).decode("ascii", "replace")
