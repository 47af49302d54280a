"""Finds what no record names: photos and pictures that stay behind when Redis loses its data, or gets older data back.

What the record forgets by itself it marks for deletion; what it lost, it cannot. So one worker at a time walks the blob
store, a page a sweep, and marks what is older than anything may be kept and is named by nobody. The age is by the
store's clock, and far beyond the time in which a blob waits for its record.
"""

import logging
import time
from collections.abc import Iterator

from jobs.blob_pages import StoredBlob
from jobs.blobs import BlobStore
from jobs.errors import BlobError
from jobs.store import JobStore
from jobs.store.tidying import Tidied
from jobs.store.uploads import STORING_GRACE_MS
from jobs.tokens import new_token

log = logging.getLogger(__name__)

FOLDERS = ("probes", "results", "uploads")  # in the order of their names
PAUSE_S = 600.0  # until a blob store that failed is asked again
ZOMBIE_GRACE_MS = 15 * 60 * 1000  # as in lua/prelude.lua: a stalled worker may still write


class Janitor:
    """One page at each `go_on`, of whichever thread calls it. Redis' own faults pass through."""

    def __init__(self, store: JobStore, blobs: BlobStore) -> None:
        self._store, self._blobs = store, blobs
        self._token = new_token()
        self._pages: Iterator[list[StoredBlob]] | None = None
        self._at: str | None = None
        self._not_before = 0.0  # by time.monotonic()

    def go_on(self) -> Tidied | None:
        """Look at the next thousand blobs, if it is our turn; what the look has met when that was its end.

        Raises BlobError, and then does nothing for ten minutes.
        """
        if time.monotonic() < self._not_before:
            return None
        turn = self._store.begin_tidying(self._token)
        if turn is None:
            return None
        if self._pages is None or self._at != turn.path:  # another janitor went on meanwhile, or the record was lost
            self._pages, self._at = self._open(turn.path), turn.path
        try:
            page = next(self._pages, None)
        except BlobError:
            self._pages = None
            self._not_before = time.monotonic() + PAUSE_S
            raise
        oldest_ms = turn.now_ms - self._longest_ms()
        old = [blob.path for blob in page or () if blob.stored_ms < oldest_ms]
        self._at = page[-1].path if page else None
        tidied = self._store.tidy(self._token, old, len(page or ()), self._at)
        if page:
            return None
        self._pages = None
        return self._tell(tidied)

    def _open(self, after: str) -> Iterator[list[StoredBlob]]:
        for folder in FOLDERS:
            if after < f"{folder}0":  # "0" follows on "/": not all of the folder lies before
                yield from self._blobs.pages(folder, after if after.startswith(f"{folder}/") else "")

    def _longest_ms(self) -> int:
        return self._store.settings.longest_retention_s * 1000 + STORING_GRACE_MS + ZOMBIE_GRACE_MS

    def _tell(self, tidied: Tidied | None) -> Tidied | None:
        if tidied and tidied.marked:
            told = "%d blobs were looked at; no record names what lies at %d places: it is deleted in a day"
            log.warning(told, tidied.blobs, tidied.marked)
        elif tidied:
            log.info("%d blobs were looked at; none that is old enough lacks its record", tidied.blobs)
        return tidied
