"""Celery's pool of threads, which also wakes Celery's message loop when one of them is free. Knows no hint."""

import socket
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from celery.concurrency.thread import ApplyResult, TaskPool

NAME = f"{__name__}:WakingPool"


class WakingPool(TaskPool):  # type: ignore[misc]
    """For Celery's ``pool``.

    While all threads are busy, a loop without prefetching (Celery 5.7) asks Redis for nothing, and a thread that gets
    free is no event to it: the next hint then waited until the loop's turn was over, up to a second.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._heard, self._told = socket.socketpair()
        for end in (self._heard, self._told):
            end.setblocking(False)

    def register_with_event_loop(self, loop: Any) -> None:
        """Called by Celery whenever its loop begins anew."""
        loop.add_reader(self._heard, self._listen)

    def on_apply(self, *arguments: Any, **options: Any) -> ApplyResult:
        """Run a task in a thread."""
        result = super().on_apply(*arguments, **options)
        result.f.add_done_callback(self._tell)
        return result

    def on_stop(self) -> None:
        """Called by Celery: waits for the threads."""
        super().on_stop()
        for end in (self._heard, self._told):
            end.close()

    def _listen(self) -> None:
        with suppress(BlockingIOError):
            self._heard.recv(4096)

    def _tell(self, _: Future[Any]) -> None:
        with suppress(OSError):  # full: it will wake anyway; closed: the worker leaves
            self._told.send(b".")
