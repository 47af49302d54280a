"""A whole Packshot in a folder of its own, started as a user starts it: `packshot up`."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

import psutil

from packshot import Client

_START_TIMEOUT_S = 90.0
_STOP_TIMEOUT_S = 60.0


class Service:
    """Redis, API and workers until the block ends.

    ``folder`` takes the data and the log; ``settings`` are further ``PACKSHOT_*`` variables. Raises RuntimeError, with
    the end of the log, when the service is not up in 90 s.
    """

    def __init__(self, folder: Path, *, workers: int = 1, settings: dict[str, str] | None = None) -> None:
        self.folder = folder
        self._command = [str(Path(sys.executable).with_name("packshot")), "up", "--data", str(folder / "data")]
        self._command += ["--port", "0", "--workers", str(workers)]
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PACKSHOT_")}
        self._environment = inherited | (settings or {})
        self._log = folder / "service.log"

    def __enter__(self) -> "Service":
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(self._command, env=self._environment, stdout=log, stderr=subprocess.STDOUT)
        give_up_at = time.monotonic() + _START_TIMEOUT_S
        while not self._stack_file.exists():
            if self._process.poll() is not None or time.monotonic() > give_up_at:
                self._process.kill()
                raise RuntimeError(f"the service did not start; its log ends:\n{self._log.read_text()[-3000:]}")
            time.sleep(0.1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def kill(self) -> None:
        """End the supervisor at once (SIGKILL). Its children see to themselves, or the caller does."""
        self._process.kill()
        self._process.wait(_STOP_TIMEOUT_S)

    def client(self) -> Client:
        """A client of this service, with its development key."""
        return Client(self.url, self.key())

    @property
    def url(self) -> str:
        """Where its API listens."""
        return str(json.loads(self._stack_file.read_text())["url"])

    def key(self) -> str:
        """Its development key."""
        return (self.folder / "data" / "dev-key").read_text().strip()

    def redis_url(self) -> str:
        """The embedded Redis' address, password included."""
        return (self.folder / "data" / "redis" / "url").read_text().strip()

    @property
    def root(self) -> int:
        """The supervisor's process number; every other process is a descendant of it."""
        return self._process.pid

    def family(self) -> list[psutil.Process]:
        """Every process of the service, but the supervisor itself."""
        return list(psutil.Process(self._process.pid).children(recursive=True))

    def processes(self, module: str) -> list[psutil.Process]:
        """The service's processes that were started as ``python -m module``."""
        return [process for process in self.family() if _runs(process, module)]

    @property
    def _stack_file(self) -> Path:
        return self.folder / "data" / "stack.json"


def _runs(process: psutil.Process, module: str) -> bool:
    try:
        command = process.cmdline()
    except psutil.Error:  # it ended while we looked
        return False
    return bool(command[1:4] == ["-P", "-m", module])
