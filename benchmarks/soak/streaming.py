"""Event streams that are opened, read for a while, and left without a word, as browsers leave them."""

import contextlib
import threading
import time

import httpx


def follow(url: str, key: str, seconds: float, over: threading.Event) -> int:
    """Read a tenant's events for so long; returns how many bytes came. Raises httpx.HTTPError."""
    until, received = time.monotonic() + seconds, 0
    headers = {"Authorization": f"Bearer {key}", "Accept": "text/event-stream"}
    with (
        contextlib.suppress(httpx.ReadTimeout),
        httpx.stream("GET", url, headers=headers, timeout=seconds) as answer,
    ):
        answer.raise_for_status()
        for chunk in answer.iter_bytes():
            received += len(chunk)
            if time.monotonic() > until or over.is_set():
                break
    return received
