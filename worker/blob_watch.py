"""Whether the blob store takes what this worker stores; while it does not, no job is claimed. Knows no job."""

import logging
import threading
import time
from contextlib import suppress

from jobs.blobs import BlobStore
from jobs.errors import BlobError

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 15.0
_PROBE = bytes(range(256)) * 256  # 64 KiB: a disk with less room than that takes hardly a result


class BlobWatch:
    """Thread-safe. Once an attempt meets a store that fails, a thread probes it until it answers."""

    def __init__(self, blobs: BlobStore, owner: str) -> None:
        self._blobs = blobs
        self._path = f"probes/{owner}"
        self._lock = threading.Lock()
        self._answers = threading.Event()
        self._answers.set()
        self._stopped = threading.Event()
        self.fault = ""
        """Why the store does not answer, for the operator; "" while it does, as far as anybody here knows."""

    def is_out(self) -> bool:
        """Whether the store fails, and not only one blob in it: a probe tells. From then on `wait` lets nobody by."""
        with self._lock:
            if self.fault:
                return True
            fault = self._probe()
            if fault is None:
                return False
            # first of all: where the system lends no thread, nobody would find out that the store answers again
            threading.Thread(target=self._ask_again, name="blob-watch", daemon=True).start()
            self.fault = fault
            self._answers.clear()
            log.error("no job is claimed until the blob store answers: %s", fault)
            return True

    def wait(self, timeout_s: float) -> bool:
        """Wait for a store that answers, for so long at most; whether it does."""
        return self._answers.wait(timeout_s)

    def stop(self) -> None:
        """Probe no more."""
        self._stopped.set()

    def _ask_again(self) -> None:
        began, pause_s = time.monotonic(), FIRST_PAUSE_S
        while not self._stopped.wait(pause_s):
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            fault = self._probe()
            with self._lock:  # an attempt that fails again right now finds both as they were, or both as they are
                self.fault = fault or ""
                if fault is None:
                    self._answers.set()
                    log.info("the blob store answers again after %.0f s, jobs are claimed", time.monotonic() - began)
                    return

    def _probe(self) -> str | None:
        """Store a blob of our own, and read it; what went wrong, or None."""
        try:
            blobs = self._blobs.hasty()
            try:
                blobs.put(self._path, _PROBE)
                if blobs.get(self._path) != _PROBE:
                    return "what was read is not what was stored"
            finally:
                with suppress(BlobError):  # jobs need no deleting, and the janitor collects what stays
                    blobs.delete(self._path)
        except BlobError as error:
            return str(error)
        except Exception as error:
            log.exception("the blob store could not be probed")
            return type(error).__name__
        return None
