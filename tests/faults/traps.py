"""What the proxy does when a certain command passes: it holds it, cuts the connection before it, or after it."""

import hashlib
import json
import threading
from collections.abc import Callable
from typing import Any, Literal

from jobs.store.base import script_text

PATIENCE_S = 60.0

Action = Literal["cut", "cut_answer", "hold", "hold_answer"]
"""cut: the command never arrives. cut_answer: it is done, but its answer is lost. hold, hold_answer: until released."""


class Trap:
    """Waits for a command with these bytes in one of its words; springs `times` times (0: without end). Thread-safe.

    `pids` are the processes whose commands it takes; None takes everybody's.
    """

    def __init__(
        self, command: bytes, text: bytes, action: Action, times: int, pids: Callable[[], set[int]] | None
    ) -> None:
        self.action = action
        self.pid: int | None = None
        self.words: list[bytes] = []
        self._command, self._text, self._left, self._pids = command.upper(), text, times or -1, pids
        self._sprung, self._released, self._lock = threading.Event(), threading.Event(), threading.Lock()

    def takes(self, words: list[bytes], owner: Callable[[], int | None]) -> bool:
        """Whether this command is for the trap, which then counts it. `owner` finds whose connection it is."""
        if not words or words[0].upper() != self._command or not any(self._text in word for word in words[1:]):
            return False
        pid = owner() if self._pids is not None or not self.sprung else self.pid  # finding out takes long
        if self._pids is not None and pid not in self._pids():
            return False
        with self._lock:
            if self._left == 0:
                return False
            self._left -= 1
        self.pid, self.words = pid, words
        self._sprung.set()
        return True

    def wait(self, timeout_s: float = PATIENCE_S) -> "Trap":
        """Until it has sprung once; AssertionError when nothing came."""
        assert self._sprung.wait(timeout_s), f"no {self._command!r} with {self._text!r} passed in {timeout_s:g} s"
        return self

    @property
    def arguments(self) -> dict[str, Any]:
        """What the script that was caught is called with."""
        return dict(json.loads(self.words[-1]))

    @property
    def sprung(self) -> bool:
        """Whether a command has come."""
        return self._sprung.is_set()

    def hold(self) -> None:
        """Wait until somebody releases what is held."""
        self._released.wait()

    def release(self) -> None:
        """Let go of what is held, and spring no more."""
        with self._lock:
            self._left = 0
        self._released.set()


def digest(script: str) -> bytes:
    """By what EVALSHA names one of the record's scripts, such as "end" or "claim"."""
    return hashlib.sha1(script_text(script).encode(), usedforsecurity=False).hexdigest().encode()
