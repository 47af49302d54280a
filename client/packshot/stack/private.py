"""A stack for one `packshot run`: in a folder of its own, on any free port, gone when the run is over."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from packshot.errors import DataFolderUnknown
from packshot.locating import Server, data_folder, development_key, running_stack
from packshot.stack.errors import StackError
from packshot.stack.folder import DataFolder
from packshot.stack.leash import leashed

PREFIX = "private-"
STOP_S = 90.0
# What other stacks are set to: where theirs is, how it is reached, and what keeps many customers apart. A private one
# is reached at its own address by one run alone, nobody's to scrape, and several may run at a time.
_OF_OTHER_STACKS = frozenset(
    f"PACKSHOT_{name}"
    for name in (
        "REDIS_URL", "WAIT_REPLICAS", "BLOB_URL", "HINT_BROKER", "HINT_QUEUE", "METRICS_PORT", "METRICS_HOST",
        "URL", "API_KEY", "API_HOST", "API_PORT", "PUBLIC_URL", "TRUSTED_PROXIES", "CORS_ORIGINS",
        "REQUESTS_PER_MINUTE", "JOBS_PER_DAY", "MAX_PENDING", "MAX_ACTIVE_PER_TENANT", "MAX_WAIT_S",
        "MAX_OPEN_BATCHES", "MAX_KEPT_BATCHES", "RETENTION_S", "MAX_RETENTION_S", "LINK_TTL_S",
    )
)  # fmt: skip


class PrivateStack:
    """Runs `packshot up` as a child process. Enter and leave it on the main thread (see leash).

    `settings` are variables of its own; of those of this process it has what does not concern another stack.
    """

    def __init__(self, settings: Mapping[str, str] | None = None) -> None:
        self._settings = dict(settings or {})
        self.folder = _make_folder()
        self._said = self.folder / "up.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "PrivateStack":
        environment = {name: value for name, value in os.environ.items() if name.upper() not in _OF_OTHER_STACKS}
        command = [sys.executable, "-P", "-m", "packshot", "up", "--data", str(self.folder), "--port", "0"]
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(
                leashed(command, signal.SIGTERM),
                env=environment | self._settings,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def server(self) -> Server:
        """Where it is, once its API answers. Raises StackError if it could not start."""
        while True:
            self.check()
            url, key = running_stack(self.folder), development_key(self.folder)
            if url is not None and key is not None:
                return Server(url, key, named=False)
            time.sleep(0.02)

    def check(self) -> None:
        """Raises StackError, with what it said last, if the stack has ended."""
        if self._process is not None and self._process.poll() is not None:
            said = self._said.read_text(encoding="utf-8", errors="replace").strip()
            raise StackError(f"the private stack ended with exit code {self._process.returncode}:\n{said}")


def _make_folder() -> Path:
    """In the data folder, else among the temporary files: nothing in it is kept. Raises StackError without either."""
    try:
        home = data_folder(os.environ)
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep(home)
        return Path(tempfile.mkdtemp(prefix=PREFIX, dir=home))
    except (OSError, DataFolderUnknown) as unusable:
        try:
            return Path(tempfile.mkdtemp(prefix=f"packshot-{PREFIX}"))
        except OSError as error:
            raise StackError(f"no folder for a private server: {unusable}; {error}; set PACKSHOT_DATA_DIR") from error


def _sweep(home: Path) -> None:
    """Removes what private stacks left behind whose runs were killed."""
    for folder in home.glob(f"{PREFIX}*"):
        if DataFolder(folder).is_free() and time.time() - folder.stat().st_mtime > STOP_S:
            shutil.rmtree(folder, ignore_errors=True)
