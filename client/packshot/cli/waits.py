"""A server that is waited for is told of: a command that says nothing for a minute looks as if it hung."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import click

from packshot.client import Client
from packshot.errors import PackshotError, ServerUnreachable
from packshot.outcomes import describe_error
from packshot.retries import RetryPolicy

AFTER_S = 3.0
AGAIN_S = 60.0


class Waits:
    """A policy's `on_wait`: hands `say` a line once a wait is longer than a few seconds, then one a minute at most.

    `patience_s` is the policy's. Thread-safe: the threads of a run wait for the same server, and it is told once.
    """

    def __init__(
        self, say: Callable[[str], object], patience_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._say = say
        self._patience_s = patience_s
        self._clock = clock
        self._lock = threading.Lock()
        self._told: float | None = None

    def __call__(self, error: PackshotError, waited_s: float) -> None:
        """Before each pause; `waited_s` is how long that request will have waited after it."""
        if waited_s < AFTER_S:
            return
        with self._lock:
            now = self._clock()
            if self._told is not None and now - self._told < AGAIN_S:
                return
            self._told = now
        what = "it does not answer" if isinstance(error, ServerUnreachable) else "it asks to wait"
        self._say(f"waiting for the server, for up to {_span(self._patience_s)}: {what}: {describe_error(error)}")


def asking(url: str | None, api_key: str | None) -> Client:
    """A client for one question or a few, whose waits are told on stderr. Raises ServerNotFound, KeyMalformed."""
    return Client(url, api_key, retries=waiting_policy())


def waiting_policy(sleep: Callable[[float], object] = time.sleep) -> RetryPolicy:
    """The usual policy, whose waits are told on stderr."""
    usual = RetryPolicy(sleep=sleep)
    return replace(usual, on_wait=Waits(_say, usual.give_up_after_s))


def _say(text: str) -> None:
    click.echo(f"packshot: {text}", err=True)


def _span(seconds: float) -> str:
    return f"{seconds:g} s" if seconds < 120 else f"{seconds / 60:g} min"
