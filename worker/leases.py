"""The jobs this process holds right now, and the word that ends one early. Knows no Redis."""

import threading
import time

from jobs.records import Claim
from worker.errors import AttemptEnded


class Lease:
    """One claimed job. Thread-safe: the job's thread checks it, heartbeats and drain end it.

    `ended` is what the engine's tickets carry as `cancelled`, so that an ended job's units are dropped unpacked.
    """

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.began = time.monotonic()
        self.ended = threading.Event()
        self._reason: str | None = None

    @property
    def reason(self) -> str:
        """Why the attempt ended: "cancel", "lost" or "drain"; "lost" is also the answer before it has."""
        return self._reason or "lost"

    def end(self, reason: str) -> None:
        """End the attempt; the first reason given is the one that counts."""
        if not self.ended.is_set():
            self._reason = reason
            self.ended.set()

    def check(self) -> None:
        """Raise AttemptEnded once the attempt has ended."""
        if self.ended.is_set():
            raise AttemptEnded(self.reason)


class Leases:
    """All leases of this process. Thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._open: set[Lease] = set()

    def open(self, claim: Claim) -> Lease:
        """Begin to hold `claim`."""
        lease = Lease(claim)
        with self._changed:
            self._open.add(lease)
        return lease

    def close(self, lease: Lease) -> None:
        """Hold it no longer: its job has been settled in the record, or given up."""
        with self._changed:
            self._open.discard(lease)
            self._changed.notify_all()

    def held(self) -> list[Lease]:
        """The leases held at this moment, oldest claim first."""
        with self._changed:
            return sorted(self._open, key=lambda lease: lease.claim.created_ms)
