"""What hearing of every change costs an API process, and what telling it costs Redis."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.scale.record import Record

_CHANGES = 20_000
_PATIENCE_S = 120.0
_TELL = "for at = 1, ARGV[1] do redis.call('PUBLISH', 'packshot:changes', 'job_' .. at .. ' 3 shop-1') end"


def ear_us(folder: Path) -> float:
    """µs of this process for each change of somebody else's job: its listening thread has nothing else to do here."""
    with Record(folder) as record, record.store.changes.watching("job_that_nobody_changes", threading.Event()):
        changes = record.store.changes
        _wait_for(lambda: changes.heard > 0)  # it listens
        before, spent = changes.heard, time.process_time()
        record.redis.eval(_TELL, 0, _CHANGES)
        _wait_for(lambda: changes.heard >= before + _CHANGES)
        return (time.process_time() - spent) * 1e6 / _CHANGES


def _wait_for(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + _PATIENCE_S
    while not is_so():
        assert time.monotonic() < until, f"the listener heard too little in {_PATIENCE_S:g} s"
        time.sleep(0.02)
