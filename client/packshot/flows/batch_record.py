"""A batch as the server told of it last, and what can be done with it as steps; `Batch` and `AsyncBatch` do these."""

from collections.abc import Collection
from pathlib import Path
from typing import Generic, TypeVar

from packshot.batch_models import BatchCounts, BatchItem
from packshot.errors import Conflict
from packshot.flows.downloads import fetched
from packshot.flows.event_stream import events
from packshot.flows.polling import LONG_POLL_S, Patience, waited
from packshot.flows.steps import Feed, Request, Steps
from packshot.job_events import BATCH_ENDED, BatchEvent
from packshot.reading import Document, take, take_optional
from packshot.wire import Wire, read_document

MIN_POLL_INTERVAL_S = 0.5  # a large batch changes with every row
PAGE = 500
WireT = TypeVar("WireT", bound=Wire)


class BatchRecord(Generic[WireT]):
    """What `Batch` and `AsyncBatch` share: all that is known of a batch, without asking."""

    def __init__(self, transport: WireT, document: Document, etag: str | None = None) -> None:
        self._transport = transport
        self._etag = etag
        self._polled = False
        self._read(document)

    def _read(self, document: Document) -> None:
        self.id = take(document, "id", str)
        self.state = take(document, "state", str)
        self.counts = BatchCounts.parse(take_optional(document, "counts", dict) or {})
        self.document = document

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id} {self.state} {self.counts.ended}/{self.counts.total}>"

    def __str__(self) -> str:
        return f"batch {self.id} is {self.state} ({self.counts})"

    @property
    def ended(self) -> bool:
        """Whether it is `finished` or `canceled`; a `paused` one is not."""
        return self.state in BATCH_ENDED

    @property
    def over(self) -> bool:
        """Whether it has ended, as far as was heard since the wait began: a retry may have begun it anew."""
        return self.ended and self._polled

    @property
    def told(self) -> BatchCounts:
        """What a listener of `wait` is told."""
        return self.counts

    def poll_steps(self, wait_s: float = LONG_POLL_S, *, until_change: bool = True) -> Steps[None]:
        """One question; the server holds its answer until anything has changed, once it was asked before."""
        del until_change  # a batch's answer is always held until a change
        told = wait_s >= 1 and self._etag is not None
        answer = yield from self._transport.sent(
            Request(
                "GET",
                f"/v1/batches/{self.id}",
                params={"wait": int(wait_s)} if told else None,
                headers={"If-None-Match": self._etag} if told and self._etag else None,
                read_timeout_s=wait_s + 15.0,
            )
        )
        if answer.status_code != 304:
            self._read(read_document(answer))
            self._etag = answer.headers.get("ETag")
        self._polled = True

    def wait_steps(self, patience: Patience) -> Steps[None]:
        """Until no row is left to do."""
        self._polled = False
        yield from waited(self._transport, self, patience)

    def event_feed(self) -> Feed[BatchEvent]:
        """What happens to the batch, from how it is now to its end."""
        return events(self._transport, f"/v1/batches/{self.id}/events", BatchEvent.of, lambda event: event.ended)

    def item_feed(self, state: str | None) -> Feed[BatchItem]:
        """Its rows in their order."""
        asked = Request("GET", f"/v1/batches/{self.id}/items", {"limit": PAGE, "state": state})
        return self._transport.pages(asked, BatchItem.parse)

    def job_steps(self, item: BatchItem) -> Steps[Document]:
        """The document of a row's job."""
        if item.job is None:
            raise ValueError(f"row {item.row} ({item.sku}) of {self.id} is {item.state} and has no job")
        return (yield from self._transport.document(Request("GET", f"/v1/jobs/{item.job}")))

    def tell_steps(self, verb: str, unless: Collection[str]) -> Steps[None]:
        """Asks for a change. One that another brought about meanwhile is no conflict."""
        try:
            yield from self._transport.sent(Request("POST", f"/v1/batches/{self.id}/{verb}"))
        except Conflict:
            yield from self.poll_steps(0.0)
            if self.state not in unless:
                raise
            return
        yield from self.poll_steps(0.0)

    def pause_steps(self) -> Steps[None]:
        """Starts no further row."""
        return self.tell_steps("pause", unless=("paused", *BATCH_ENDED))

    def resume_steps(self) -> Steps[None]:
        """Goes on after a pause."""
        return self.tell_steps("resume", unless=("running", *BATCH_ENDED))

    def cancel_steps(self) -> Steps[None]:
        """Ends it."""
        return self.tell_steps("cancel", unless=BATCH_ENDED)

    def retry_steps(self) -> Steps[None]:
        """Does the failed rows again."""
        return self.tell_steps("retry", unless=())

    def fetch_steps(self, what: str, path: Path) -> Steps[Path]:
        """A table or an archive of results as a file."""
        return fetched(self._transport, lambda: Request("GET", f"/v1/batches/{self.id}/{what}"), path)
