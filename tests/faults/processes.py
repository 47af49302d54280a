"""The API and the workers as processes, and a supervisor that starts anew what ends, as `packshot up` does."""

import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from packshot.stack.children import FIRST_PAUSE_S, Child, ChildSpec
from tests.waiting import until

_TICK_S = 0.03
PATIENCE_S = 90.0


@dataclass(frozen=True)
class Program:
    """What to run: `module` as `python -m`."""

    name: str
    module: str
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


class Process:
    """One of them. It may be signalled from any thread; the supervisor starts it.

    `settings` are further PACKSHOT_* variables, which count from the next start on. `codes` are the exit codes so far,
    negative for signals; `sessions` the ids of all processes so far, each of which leads a session of its own.
    """

    def __init__(self, program: Program, logs: Path, on_strike: Callable[[], None]) -> None:
        self.program = program
        self.settings: dict[str, str] = {}
        self.codes: list[int] = []
        self.sessions: list[int] = []
        self._logs, self._on_strike = logs, on_strike
        self._child: Child | None = None
        self._due = 0.0

    @property
    def log(self) -> str:
        """All that it and its predecessors have said."""
        path = self._logs / f"{self.program.name}.log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    @property
    def pid(self) -> int:
        """The process' id; of one that ended, its last."""
        pid = self._child.pid if self._child is not None else None
        assert pid is not None, f"{self.program.name} was never started"
        return pid

    @property
    def returncode(self) -> int | None:
        """The newest exit code; None before the first end."""
        return self.codes[-1] if self.codes else None

    @property
    def runs(self) -> bool:
        """Whether it is there."""
        return self._child is not None and self._child.runs

    def pids(self) -> set[int]:
        """Its own id and those of all its children."""
        with suppress(psutil.Error):
            return {self.pid, *(child.pid for child in psutil.Process(self.pid).children(recursive=True))}
        return {self.pid}

    def kill(self, *, family: bool = False) -> None:
        """SIGKILL: the process alone, or with all its children; returns when its end was noted."""
        self._until_it_runs()
        ended, children = len(self.codes), self.pids() - {self.pid}
        self._on_strike()
        if family:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        else:
            self._send(signal.SIGKILL)
        for pid in children:  # one that was stopped before would never notice
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        self.wait(ended)

    def terminate(self) -> None:
        """SIGTERM; see `wait`."""
        self._until_it_runs()
        self._on_strike()
        self._send(signal.SIGTERM)

    def stop(self) -> None:
        """SIGSTOP, with all its children."""
        self._on_strike()
        for pid in self.pids():
            with suppress(ProcessLookupError):  # a decoding child lives for milliseconds
                os.kill(pid, signal.SIGSTOP)

    def cont(self) -> None:
        """SIGCONT, likewise."""
        for pid in self.pids():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def wait(self, ended: int = 0, timeout_s: float = PATIENCE_S) -> int:
        """Until it has ended more than `ended` times in all; its newest exit code."""
        until(lambda: len(self.codes) > ended, f"the end of {self.program.name}", timeout_s)
        return self.codes[-1]

    def tend(self) -> None:
        """Start it, at once or, after an end, when its pause is over. The supervisor's thread only."""
        if self.runs:
            return
        if self._child is not None and len(self.codes) < len(self.sessions):
            code = self._child.exit_code
            assert code is not None
            self.codes.append(code)
            self._due = time.monotonic() + FIRST_PAUSE_S
        elif time.monotonic() >= self._due:
            self._start()

    def end(self) -> None:
        """SIGKILL for good, with all its children."""
        if self._child is not None and self._child.pid is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._child.pid, signal.SIGKILL)
            while self._child.runs:
                time.sleep(_TICK_S / 3)

    def _start(self) -> None:
        program = self.program
        environment = {**program.environment, **self.settings}
        spec = ChildSpec(program.name, program.module, program.arguments, environment, signal.SIGKILL)
        child = Child(spec, self._logs)
        child.start()
        self._child = child  # only now: other threads ask it for its id
        self.sessions.append(self.pid)

    def _until_it_runs(self) -> None:
        """An earlier end may not have its successor yet."""
        until(lambda: self.runs, f"{self.program.name} as a process", PATIENCE_S)

    def _send(self, number: signal.Signals) -> None:
        if self._child is not None:
            self._child.send(number)


class Supervisor:
    """A thread that starts processes, and starts again those that end. A leash binds them to it: it must live on."""

    def __init__(self) -> None:
        self.processes: list[Process] = []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)
        self._thread.start()

    def add(self, process: Process) -> None:
        """From now on it runs."""
        self.processes.append(process)

    def retire(self, process: Process) -> None:
        """SIGKILL, and no successor."""
        self.processes.remove(process)
        time.sleep(_TICK_S * 3)  # the thread may be at it
        process.end()

    def close(self) -> None:
        """End all."""
        self._stopped.set()
        self._thread.join()
        for process in self.processes:
            process.end()

    def _run(self) -> None:
        while not self._stopped.wait(_TICK_S):
            for process in list(self.processes):
                process.tend()
