"""A program of the server's that tells line by line what it finds, for a bounded time. Knows no finding."""

import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import IO


class Look:
    """Runs a command until it ends, or for `patience_s` seconds; then it and what it started are killed.

    `problem` says afterwards why it did not end well, and is None where it did. What it says on stderr goes to a file:
    a pipe that nobody reads would hold it up.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], patience_s: float) -> None:
        self.problem: str | None = None
        self._command = command
        self._environment = environment
        self._patience_s = patience_s
        self._late = False

    def lines(self) -> Iterator[str]:
        """Its stdout, line by line as it comes."""
        with tempfile.TemporaryFile("w+", errors="replace") as said:
            process = subprocess.Popen(
                self._command, env=self._environment, stdout=subprocess.PIPE, stderr=said, text=True, errors="replace",
                start_new_session=True,
            )  # fmt: skip
            timer = threading.Timer(self._patience_s, self._stop_late, [process])
            timer.start()
            try:
                assert process.stdout is not None
                with process.stdout as told:
                    yield from told
                code = process.wait()
            finally:
                timer.cancel()
                _kill(process)  # whoever reads may have stopped, or been interrupted
                timer.join()
            self.problem = self._problem(code, said)

    def _stop_late(self, process: subprocess.Popen[str]) -> None:
        self._late = True
        _kill(process)

    def _problem(self, code: int, said: IO[str]) -> str | None:
        if self._late:
            return f"it had not ended within {self._patience_s:g} s, and was stopped"
        if code == 0:
            return None
        said.seek(0)
        last = said.read().strip().splitlines()[-1:]
        return last[0] if last else f"it ended with exit code {code}, and said nothing"


def _kill(process: subprocess.Popen[str]) -> None:
    """It, and what it started: a process that still had its stdout would be waited for."""
    if process.returncode is None:  # nobody has waited for it, so that the number is still its own
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
