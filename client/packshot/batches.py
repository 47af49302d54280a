"""A catalogue as the client sees it: one batch of many rows on the server. Follow it, pause it, fetch what it made."""

import os
import uuid
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from packshot.batch_models import BatchCounts, BatchItem
from packshot.errors import Conflict, WaitTimedOut
from packshot.jobs import LONG_POLL_S, Job
from packshot.reading import Document, as_document, take, take_optional
from packshot.retries import retried
from packshot.transport import Transport, read_document

BATCH_ENDED = frozenset({"finished", "canceled"})
MIN_POLL_INTERVAL_S = 0.5  # a large batch changes with every row
PAGE = 500

OnBatchProgress = Callable[[BatchCounts], object]


class Batch:
    """A handle on one batch; its properties tell what the server said last. Not thread-safe: one thread per handle."""

    def __init__(self, transport: Transport, document: Document, etag: str | None = None) -> None:
        self._transport = transport
        self._etag = etag
        self._read(document)

    def _read(self, document: Document) -> None:
        self.id = take(document, "id", str)
        self.state = take(document, "state", str)
        self.counts = BatchCounts.parse(take_optional(document, "counts", dict) or {})
        self.document = document

    def __repr__(self) -> str:
        return f"<Batch {self.id} {self.state} {self.counts.ended}/{self.counts.total}>"

    @property
    def ended(self) -> bool:
        """Whether it is `finished` or `canceled`; a `paused` one is not."""
        return self.state in BATCH_ENDED

    def refresh(self) -> "Batch":
        """Asks the server how the batch is now."""
        return self.poll(0.0)

    def poll(self, wait_s: float = LONG_POLL_S) -> "Batch":
        """One question; with `wait_s` the server holds its answer until anything has changed, at most so long."""
        told = wait_s >= 1 and self._etag is not None
        answer = self._transport.send(
            "GET",
            f"/v1/batches/{self.id}",
            params={"wait": int(wait_s)} if told else None,
            headers={"If-None-Match": self._etag} if told and self._etag else None,
            read_timeout_s=wait_s + 15.0,
        )
        if answer.status_code != 304:
            self._read(read_document(answer))
            self._etag = answer.headers.get("ETag")
        return self

    def wait(self, timeout_s: float | None = None, on_progress: OnBatchProgress | None = None) -> "Batch":
        """Waits until no row is left to do, also through a pause; `on_progress` is called with each change of counts.

        Rows may have failed all the same: see `counts.failed`. Raises WaitTimedOut after `timeout_s` seconds.
        """
        policy = self._transport.policy
        started = policy.clock()
        while True:
            asked = policy.clock()
            left_s = LONG_POLL_S if timeout_s is None else started + timeout_s - asked
            if left_s <= 0:
                raise WaitTimedOut(f"batch {self.id} is {self.state} after {timeout_s:g} s: {self.counts}")
            before = self.counts
            self.poll(min(LONG_POLL_S, left_s))
            if on_progress is not None and self.counts != before:
                on_progress(self.counts)
            if self.ended:
                return self
            policy.sleep(max(0.0, MIN_POLL_INTERVAL_S - (policy.clock() - asked)))

    def items(self, state: str | None = None) -> Iterator[BatchItem]:
        """Its rows in their order, or those in one state, asking for the next page when it is needed."""
        params: dict[str, Any] = {"limit": PAGE} if state is None else {"limit": PAGE, "state": state}
        while True:
            page = read_document(self._transport.send("GET", f"/v1/batches/{self.id}/items", params=params))
            for document in take(page, "items", list):
                yield BatchItem.parse(as_document(document))
            cursor = page.get("cursor")
            if cursor is None:
                return
            params["cursor"] = cursor

    def job(self, item: BatchItem) -> Job:
        """The job of a row, with its pictures and its manifest. Raises NotFound, Gone, or Conflict without one."""
        if item.job is None:
            raise ValueError(f"row {item.row} ({item.sku}) of {self.id} is {item.state} and has no job")
        return Job(self._transport, {"id": item.job, "state": "queued"}).refresh()

    def pause(self) -> "Batch":
        """Starts no further row; those under way are finished. Nothing happens to one that has ended or is paused."""
        return self._tell("pause", unless=("paused", *BATCH_ENDED))

    def resume(self) -> "Batch":
        """Goes on after a pause."""
        return self._tell("resume", unless=("running", *BATCH_ENDED))

    def cancel(self) -> "Batch":
        """Ends it: what waits or runs is canceled, pictures that were made stay. One that has ended stays as it is."""
        return self._tell("cancel", unless=tuple(BATCH_ENDED))

    def retry_failed(self) -> "Batch":
        """Does the failed rows again, and only these. Raises Conflict where the server cannot."""
        return self._tell("retry", unless=())

    def results_csv(self, path: str | os.PathLike[str]) -> Path:
        """The result manifest as CSV, a line for each picture or failed row, into a file that is whole or not there."""
        return self._fetch("results?format=csv", Path(path))

    def results_jsonl(self, path: str | os.PathLike[str]) -> Path:
        """The result manifest as JSON lines."""
        return self._fetch("results?format=jsonl", Path(path))

    def download_archive(self, path: str | os.PathLike[str]) -> Path:
        """All pictures so far as a ZIP, into a file that is whole or not there."""
        return self._fetch("archive", Path(path))

    def _tell(self, verb: str, unless: Iterable[str]) -> "Batch":
        """Asks for a change. One that another brought about meanwhile is no conflict."""
        try:
            self._transport.send("POST", f"/v1/batches/{self.id}/{verb}")
        except Conflict:
            if self.refresh().state not in unless:
                raise
            return self
        return self.refresh()

    def _fetch(self, what: str, path: Path) -> Path:
        partial = path.with_name(f".{uuid.uuid4().hex}.part")

        def attempt() -> None:
            with self._transport.stream(f"/v1/batches/{self.id}/{what}") as answer, partial.open("wb") as file:
                for chunk in answer.iter_bytes():
                    file.write(chunk)

        try:
            retried(attempt, self._transport.policy)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        return path
