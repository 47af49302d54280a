"""A mark in the blob store of how far the record has come, for whoever meets a Redis that has lost it.

Processes remember the record that they saw (`jobs/store/losses.py`). Where all of them ended too, nobody would know of
a Redis that came back empty, or with an older copy: but the blob store does not share its fate.
"""

import json
import logging

from jobs.blobs import BlobStore
from jobs.errors import BlobNotFound
from jobs.store import JobStore
from jobs.store.losses import Landmark

log = logging.getLogger(__name__)

EVERY_MS = 5 * 60 * 1000  # for all workers together: one look, and one blob of 60 bytes
PATH = "marks/record"


class Landmarks:
    """For one thread. Redis' own faults and BlobError pass through."""

    def __init__(self, store: JobStore, blobs: BlobStore) -> None:
        self._store, self._blobs = store, blobs

    def go_on(self) -> bool:
        """If it is our turn, hold the record against the mark, then set the mark anew; True where the record was lost.

        That is told in the log, and shown to the operator. Where Redis lost the record, the turns went with it, so the
        first sweep after that finds out.
        """
        if self._store.landmark() is None or not self._store.take_turn("landmark", EVERY_MS):
            return False
        before = self._read()
        now = self._store.landmark()  # after the mark: another worker may set one meanwhile, where turns fail
        if now is None:
            return False
        lost = before is not None and before.is_ahead_of(now)
        if lost:
            self._store.show_loss()
            log.error(
                "the blob store holds the mark of another record, or of more of this one: Redis lost what it had "
                "acknowledged, or is not the one that belongs to these blobs"
            )
        if before != now:
            self._blobs.put(PATH, json.dumps({"epoch": now.epoch, "sequence": now.sequence}).encode())
        return lost

    def _read(self) -> Landmark | None:
        """The last mark; None where there is none, or none that can be read."""
        try:
            told = json.loads(self._blobs.get(PATH))
            return Landmark(str(told["epoch"]), int(told["sequence"]))
        except BlobNotFound:
            return None
        except (ValueError, TypeError, KeyError):
            log.warning("the mark at %s cannot be read, and is made anew", PATH)
            return None
