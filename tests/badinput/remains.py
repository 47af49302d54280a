"""What a process must not leave behind, seen before and after: files, descriptors, children, memory."""

import gc
import time
from contextlib import suppress
from multiprocessing import util
from pathlib import Path

import psutil

MOST_GROWTH_BYTES = 150_000_000
_PATIENCE_S = 60.0


class Remains:
    """A look at this process when made; `left` tells what has come since, but for some descriptors that may stay."""

    def __init__(self, spare_descriptors: int = 0) -> None:
        self._spare = spare_descriptors
        self._me = psutil.Process()
        self._files, self._descriptors, self._children, self._bytes = self._now()

    def left(self) -> list[str]:
        """What is there now and was not before; the last children get a moment to go."""
        deadline = time.monotonic() + _PATIENCE_S
        while (found := self._found()) and time.monotonic() < deadline:
            time.sleep(0.2)
        return found

    def _found(self) -> list[str]:
        files, descriptors, children, resident = self._now()
        found = [f"a file is left: {name}" for name in files - self._files]
        if descriptors > self._descriptors + self._spare:
            found.append(f"{descriptors} descriptors are open, {self._descriptors} were")
        found += [f"process {pid} is left, or the fork server was lost" for pid in children ^ self._children]
        if resident - self._bytes > MOST_GROWTH_BYTES:
            found.append(f"this process grew by {(resident - self._bytes) / 1e6:.0f} MB")
        return found

    def _now(self) -> tuple[set[str], int, set[int], int]:
        gc.collect()
        ours = {str(path) for path in Path(util.get_temp_dir()).iterdir()}  # multiprocessing's, of this process
        return ours, self._me.num_fds(), self._children_now(), self._me.memory_info().rss

    def _children_now(self) -> set[int]:
        """Ours and theirs: decoders are a fork server's. Those below are of a worker that was started beside, whose
        spare decoders come and go.
        """
        found: set[int] = set()
        for child in self._me.children():
            with suppress(psutil.NoSuchProcess):
                found |= {child.pid, *(each.pid for each in child.children())}
        return found
