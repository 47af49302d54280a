"""A stack's data folder: who holds it, where its server answers, where its logs and keys are."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from packshot.locating import KEY_FILE, STACK_FILE, running_stack
from packshot.stack.errors import StackError

LOCK_PATIENCE_S = 15.0  # how long the Redis of a stack that was SIGKILLed may take to go


class DataFolder:
    """Paths under one folder. Its lock is held by the supervisor and by Redis: as long as either lives."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.logs = path / "logs"
        self.key = path / KEY_FILE
        self.redis_url = path / "redis" / "url"
        self.was_killed = False
        """Whether the stack that held it before ended without a word: its API may take seconds to go, too."""
        self._stack = path / STACK_FILE
        self._lock = path / "stack.lock"

    @contextmanager
    def held(self, patience_s: float = LOCK_PATIENCE_S) -> Iterator[int]:
        """Holds the folder; gives the lock's descriptor, for Redis to inherit. Raises StackError if it is taken."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)  # photos and keys are their owner's alone
            self.logs.mkdir(mode=0o700, exist_ok=True)
            lock = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StackError(f"data folder {self.path} is not usable: {error}; name another with --data") from error
        try:
            self._acquire(lock, patience_s)
            self.was_killed = self._stack.exists()
            self._stack.unlink(missing_ok=True)
            yield lock
        finally:
            os.close(lock)

    def _acquire(self, lock: int, patience_s: float) -> None:
        until = time.monotonic() + patience_s
        while not try_lock(lock):
            url = running_stack(self.path)
            if url is not None or time.monotonic() > until:
                where = f" at {url}" if url else ""
                raise StackError(
                    f"another `packshot up` is running on {self.path}{where}; use it, stop it, or name another folder "
                    "with --data"
                )
            time.sleep(0.05)

    def read_redis_url(self) -> str | None:
        """Where our own Redis is; None until it has been started here."""
        try:
            return self.redis_url.read_text(encoding="utf-8").strip()
        except OSError:
            return None

    def publish(self, url: str) -> None:
        """Tells clients of this machine where the server is."""
        partial = self._stack.with_suffix(".part")
        partial.write_text(json.dumps({"url": url, "pid": os.getpid()}) + "\n", encoding="utf-8")
        partial.replace(self._stack)

    def unpublish(self) -> None:
        """The server is about to go."""
        self._stack.unlink(missing_ok=True)

    def is_free(self) -> bool:
        """Whether no stack holds this folder now."""
        try:
            lock = os.open(self._lock, os.O_RDWR)
        except OSError:
            return True
        try:
            return try_lock(lock)
        finally:
            os.close(lock)


def try_lock(descriptor: int) -> bool:
    """Takes the lock of an open file if nobody else has it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
