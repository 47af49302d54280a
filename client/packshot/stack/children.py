"""One child process of the stack: started on a leash, logged to a file, restarted with growing pauses."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from packshot.stack.leash import leashed

LOG_LIMIT_BYTES = 10 * 1024 * 1024
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
STEADY_AFTER_S = 60.0  # a child that lived this long starts over with the first pause


@dataclass(frozen=True)
class ChildSpec:
    """What to run. `module` is run as `python -m`; `death_signal` is what it gets if the supervisor is killed."""

    name: str
    module: str
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    death_signal: signal.Signals = signal.SIGTERM
    inherits: tuple[int, ...] = ()


class Child:
    """Main thread only (see leash)."""

    def __init__(self, spec: ChildSpec, logs: Path) -> None:
        self.spec = spec
        self.log = logs / f"{spec.name}.log"
        self.restarts = 0
        self.refused: OSError | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._pause_s = FIRST_PAUSE_S
        self._due: float | None = None
        self._said_from = 0  # where in its log the words of this start begin

    @property
    def name(self) -> str:
        """What the logs and messages call it."""
        return self.spec.name

    @property
    def pid(self) -> int | None:
        """The process' id while one was started."""
        return self._process.pid if self._process else None

    @property
    def exit_code(self) -> int | None:
        """None while it runs or was never started."""
        return self._process.poll() if self._process else None

    @property
    def runs(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Starts it in a session of its own, so that the terminal's Ctrl-C reaches the supervisor alone."""
        self.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # somebody may have cleared it away
        self._keep_log_small()
        # -P: a folder named `api` or `jobs` where the user happens to stand must not be taken for ours
        command = [sys.executable, "-P", "-m", self.spec.module, *self.spec.arguments]
        with self.log.open("ab") as log:
            self._said_from = log.tell()
            self._process = subprocess.Popen(
                leashed(command, self.spec.death_signal),
                env={**os.environ, "PYTHONUNBUFFERED": "1", **self.spec.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=self.spec.inherits,
                start_new_session=True,
            )
        self._started = time.monotonic()
        self._due = self.refused = None

    def tend(self) -> float | None:
        """To be called often: keeps the log small, and restarts a child that died, after its pause.

        Gives the pause's seconds when a new one begins, else None. Where the system gives it no log, no process or no
        descriptor now, a new pause begins, and `refused` says why.
        """
        with suppress(OSError):  # the next look comes soon
            self._keep_log_small()
        if self.runs:
            return None
        now = time.monotonic()
        if self._due is None:
            if now - self._started > STEADY_AFTER_S:
                self._pause_s = FIRST_PAUSE_S
            return self._pause(now)
        if now >= self._due:
            self.restarts += 1
            try:
                self.start()
            except OSError as error:
                self.refused = error
                return self._pause(now)
        return None

    def _pause(self, now: float) -> float:
        pause_s, self._due = self._pause_s, now + self._pause_s
        self._pause_s = min(LONGEST_PAUSE_S, self._pause_s * 2)
        return pause_s

    def send(self, number: signal.Signals) -> None:
        """Signals the process if it is there."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def _keep_log_small(self) -> None:
        """Copies a long log to `.log.1` and empties it: the child appends, so it goes on at the new end.

        What it writes between the two steps is lost. So is the copy where the disk is full: room comes first.
        """
        if not self.log.exists() or self.log.stat().st_size <= LOG_LIMIT_BYTES:
            return
        earlier = self.log.with_suffix(".log.1")
        try:
            shutil.copy(self.log, earlier)
        except OSError:
            earlier.unlink(missing_ok=True)
        os.truncate(self.log, 0)
        self._said_from = 0

    def tail(self, lines: int = 20) -> str:
        """The last lines that it wrote into its log since it was started; what earlier starts said is theirs."""
        try:
            with self.log.open("rb") as log:
                log.seek(max(self._said_from, self.log.stat().st_size - 16_384))
                return "\n".join(log.read().decode("utf-8", "replace").splitlines()[-lines:])
        except OSError:
            return ""
