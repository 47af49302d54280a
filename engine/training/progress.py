"""Tells a person at the terminal, or the reader of a log, how far a long piece of work has come."""

from __future__ import annotations

import sys
import time

LIVE_EVERY_S = 1.0  # on a terminal, over the line before
LOGGED_EVERY_S = 60.0
BAR_LENGTH = 20  # characters


class ProgressLine:
    """One plain line on stderr, now and then: what is done, how fast, and about how long the rest takes."""

    def __init__(self, done: int, total: int, things: str) -> None:
        """``done``: how many of the ``total`` things were done before; they do not count for the speed."""
        self.total = total
        self.things = things
        self._first = done
        self._started_s = self._told_s = time.monotonic()
        self._live = sys.stderr.isatty()

    def tell(self, done: int, note: str = "") -> None:
        """Say that so many are done, if it was not said a moment ago; the last is always said."""
        now_s, last = time.monotonic(), done >= self.total
        if now_s - self._told_s < (LIVE_EVERY_S if self._live else LOGGED_EVERY_S) and not last:
            return
        self._told_s = now_s
        line = told(done, self.total, self.things, (done - self._first) / max(now_s - self._started_s, 1e-6))
        end = "\n" if last or not self._live else ""
        print(("\r\x1b[K" if self._live else "") + line + note, end=end, file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Take the line off a terminal, where another is to be printed."""
        if self._live:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def told(done: int, total: int, things: str, per_second: float) -> str:
    """Return such as ``1200 of 20000 steps, 2.31 steps/s, about 2 h 16 min left``."""
    line = f"{done} of {total} {things}, {per_second:.3g} {things}/s"
    if done >= total or per_second <= 0:
        return line
    return f"{line}, about {duration((total - done) / per_second)} left"


def duration(seconds: float) -> str:
    """Return such as ``2 h 16 min``."""
    minutes = round(seconds / 60)
    return f"{f'{minutes // 60} h ' if minutes >= 60 else ''}{minutes % 60} min"


def bar(share: float) -> str:
    """Return such as ``[#####---------------] 25 %`` of a share done, 0 to 1."""
    percent = int(round(100 * share, 6))  # 0.32 is no 31 %
    full = percent * BAR_LENGTH // 100
    return f"[{'#' * full}{'-' * (BAR_LENGTH - full)}] {percent} %"
