"""Waiting for what must come, with a patience for busy machines; nothing here measures."""

import time
from collections.abc import Callable

PATIENCE_S = 60.0


def until(condition: Callable[[], object], what: str = "what was waited for", timeout_s: float = PATIENCE_S) -> None:
    """Returns once the condition holds; AssertionError naming `what` when it does not in time."""
    give_up_at = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < give_up_at, f"{what}: not within {timeout_s:g} s"
        time.sleep(0.02)
