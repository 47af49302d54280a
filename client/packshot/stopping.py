"""The flag that ends a run early, and the jobs that end with it."""

import threading
from typing import TYPE_CHECKING

from packshot.errors import Conflict, PackshotError

if TYPE_CHECKING:
    from packshot.client import Client


class RunStopped(PackshotError):  # noqa: N818  named like the rest of the tree
    """The run was told to stop while this photo was under way."""


class Stop:
    """A flag that also ends every pause between attempts and polls, so that a stopped run does not linger."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """Raises RunStopped in every thread that pauses now or later."""
        self._event.set()

    def is_set(self) -> bool:
        """Whether the run was told to stop."""
        return self._event.is_set()

    def check(self) -> None:
        """Raises RunStopped if the flag is up."""
        self.pause(0.0)

    def pause(self, seconds: float) -> None:
        """Sleeps. Raises RunStopped as soon as the flag is up."""
        if self._event.wait(seconds):
            raise RunStopped("the run was stopped")


class UnderWay:
    """The jobs that a run has begun and that have not ended yet. Thread-safe."""

    def __init__(self, client: "Client", stop: Stop) -> None:
        self._client = client
        self._stop = stop
        self._ids: set[str] = set()
        self._lock = threading.Lock()

    def add(self, job_id: str) -> None:
        """A job was begun. It is canceled at once if the run was told to stop meanwhile: nobody else knows of it."""
        with self._lock:
            self._ids.add(job_id)
        if self._stop.is_set():
            self._client.cancel(job_id)

    def remove(self, job_id: str | None) -> None:
        """A job ended, or None was begun."""
        with self._lock:
            self._ids.discard(job_id or "")

    def cancel(self) -> None:
        """Stops all of them. One that ended meanwhile, or a server that is gone, is no reason to stay."""
        with self._lock:
            ids = sorted(self._ids)
        for job_id in ids:
            try:
                self._client.cancel(job_id)
            except (Conflict, RunStopped):
                continue
            except PackshotError:
                return
