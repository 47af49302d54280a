"""The processes of one queue: its workers and its submitter, started once, halted while others have their turn."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from benchmarks.ports import free_port

ROOT = Path(__file__).parents[3]
PEERS_PYTHON = ROOT / ".venv-peers" / "queue" / "bin" / "python"
_START_S = 60.0


@dataclass(frozen=True)
class Kind:
    """A queue that takes part. `options` go to its module; `forgets`: nobody can wait for its results."""

    name: str
    module: str
    python: Path
    options: tuple[str, ...] = ()
    forgets: bool = False
    serves: bool = False
    """Has an API before it."""
    share: float = 1.0
    """Of a flood's jobs: what is slower by far gets fewer."""


OURS = Path(sys.executable)
KINDS = (
    Kind("packshot", "with_packshot", OURS),
    Kind("packshot, HTTP", "with_packshot", OURS, ("http",), serves=True),
    Kind("celery", "raw_celery", OURS, ("results",)),
    Kind("celery, no results", "raw_celery", OURS, ("forget",), forgets=True),
    Kind("dramatiq", "with_dramatiq", PEERS_PYTHON),
    Kind("huey", "with_huey", PEERS_PYTHON),
    Kind("rq, no fork", "with_rq", PEERS_PYTHON, ("simple",)),
    Kind("rq", "with_rq", PEERS_PYTHON, ("fork",), share=0.1),
)
LATE = Kind("celery, late ack", "raw_celery", OURS, ("results", "late"))
"""For what is lost alone: as fast as the other."""


@dataclass
class Place:
    """Where all take part: the Redis' address, a folder, how many worker processes with how many threads."""

    url: str
    folder: Path
    processes: int = 1
    threads: int = 4
    environment: Mapping[str, str] = field(default_factory=dict)


class Contestant:
    """One queue with a Redis database of its own. A context manager; RuntimeError where a process does not start."""

    def __init__(self, kind: Kind, place: Place, database: int) -> None:
        self.kind = kind
        self.place = place
        self.folder = place.folder / kind.module / kind.name.replace(", ", "-")
        self.url = place.url.rsplit("/", 1)[0] + f"/{database}"
        self.tally = self.folder / "tally"
        self.workers: list[subprocess.Popen[bytes]] = []
        self._server: subprocess.Popen[bytes] | None = None
        self._slots = 0

    def __enter__(self) -> "Contestant":
        from benchmarks.peers.queue import tally

        self.folder.mkdir(parents=True)
        tally.clear(self.tally)
        self._extra = {"QUEUE_FOLDER": str(self.folder), "QUEUE_TALLY": str(self.tally), "QUEUE_REDIS": self.url}
        for _ in range(self.place.processes):
            self.add_worker()
        if self.kind.serves:
            self._serve()
        self._submitter = self._start("submit", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self._line() != "ready":
            raise RuntimeError(f"{self.kind.name}: its submitter did not start, see {self.folder}/log")
        return self

    def __exit__(self, *_: object) -> None:
        self.go_on()
        for process in (*self.workers, self._submitter, *((self._server,) if self._server else ())):
            _end(process)

    def add_worker(self) -> None:
        """One more worker process."""
        self.workers.append(self._start("work", QUEUE_SLOT=str(self._slots)))
        self._slots += 1

    @property
    def has_failed(self) -> bool:
        """Its submitter has ended."""
        return self._submitter.poll() is not None

    def tell(self, order: str) -> None:
        """Order the submitter to do something: "flood 100"; `answer` waits until it has."""
        assert self._submitter.stdin is not None
        self._submitter.stdin.write(f"{order}\n".encode())
        self._submitter.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """What the order took. RuntimeError where the submitter has ended."""
        try:
            told: dict[str, Any] = json.loads(self._line())
        except ValueError as error:
            raise RuntimeError(f"{self.kind.name}: its submitter failed, see {self.folder}/log") from error
        return told

    def workers_cpu_s(self) -> float:
        """Processor seconds of the workers, with the children they waited for, and of the API where there is one."""
        times = [each.cpu_times() for process in self._serving() for each in _family(process)]
        return float(sum(each.user + each.system + each.children_user + each.children_system for each in times))

    def halt(self) -> None:
        """Let no worker run until `go_on`: it is another's turn."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let them run."""
        self._signal(signal.SIGCONT)

    def _serving(self) -> list[subprocess.Popen[bytes]]:
        return [*self.workers, *((self._server,) if self._server else ())]

    def _signal(self, number: int) -> None:
        for process in self.workers:  # an API that nobody asks does nothing; halted, gunicorn would think it hung
            for each in _family(process):
                with suppress(psutil.NoSuchProcess):  # a job's own process, which has ended meanwhile
                    each.send_signal(number)

    def _serve(self) -> None:
        port = str(free_port())
        self._server = self._start("serve", PACKSHOT_API_PORT=port, PACKSHOT_API_HOST="127.0.0.1")
        key = self.folder / "dev-key"
        give_up_at = time.monotonic() + _START_S
        while not (key.exists() and _answers(int(port))):
            if time.monotonic() > give_up_at:
                raise RuntimeError(f"{self.kind.name}: its API did not start, see {self.folder}/log")
            time.sleep(0.05)
        self._extra |= {"QUEUE_API": f"http://127.0.0.1:{port}", "QUEUE_KEY": key.read_text().strip()}

    def _start(self, role: str, stdin: int = subprocess.DEVNULL, stdout: int | None = None, **extra: str) -> Any:
        command = [str(self.kind.python), "-m", f"benchmarks.peers.queue.{self.kind.module}", role, self.url]
        command += [str(self.place.threads), *self.kind.options]
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PACKSHOT_")}
        environment = inherited | dict(self.place.environment) | self._extra | extra | {"PYTHONPATH": str(ROOT)}
        with (self.folder / "log").open("ab") as log:
            out = log if stdout is None else stdout
            return subprocess.Popen(command, cwd=ROOT, env=environment, stdin=stdin, stdout=out, stderr=log)

    def _line(self) -> str:
        assert self._submitter.stdout is not None
        return str(self._submitter.stdout.readline().decode().strip())


def _family(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    try:
        parent = psutil.Process(process.pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _end(process: subprocess.Popen[bytes]) -> None:
    family = _family(process)
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for each in family[1:]:
        if each.is_running():
            each.kill()


def _answers(port: int) -> bool:
    import socket

    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
