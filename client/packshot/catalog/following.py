"""Follows batches on the server and fetches each row as it ends: a thread for each batch, a few more for pictures."""

import queue
import threading
from collections.abc import Callable, Generator, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, fields

from packshot.batch_models import BatchCounts, BatchItem
from packshot.batches import Batch
from packshot.catalog.fetching import Ended, Fetcher
from packshot.catalog.results import RowResult
from packshot.stopping import RunStopped, Stop

TICK_S = 0.1
MIN_INTERVAL_S = 0.5
WAIT_S = 5.0  # then the counts of what runs are told anew, though no row has ended
ROWS_A_SECOND = 1000  # a list of so many rows costs the server and us about a second
_LOST = {"type": "about:blank", "title": "The server has no such row any more", "detail": ""}


@dataclass(frozen=True)
class Followed:
    """A batch, and of those of its rows that are wanted the hash of what was asked, by SKU."""

    batch: Batch
    rows: Mapping[str, str]


class Follower:
    """One use: `results` yields each row as it ends; `counts` and `eta_s` tell how far the server is."""

    def __init__(self, followed: list[Followed], fetcher: Fetcher, in_flight: int, stop: Stop) -> None:
        self._followed = followed
        self._fetcher = fetcher
        self._stop = stop
        self._events: queue.Queue[Ended | RowResult | BaseException] = queue.Queue()
        self._pool = ThreadPoolExecutor(in_flight, thread_name_prefix="fetch")

    @property
    def total(self) -> int:
        """The rows that are wanted."""
        return sum(len(one.rows) for one in self._followed)

    def counts(self) -> BatchCounts:
        """Of all batches together."""
        all_counts = [one.batch.counts for one in self._followed]
        summed = {one.name: sum(getattr(counts, one.name) for counts in all_counts) for one in fields(BatchCounts)}
        return BatchCounts(**summed)

    def paused(self) -> list[str]:
        """The batches that somebody has paused."""
        return [one.batch.id for one in self._followed if one.batch.state == "paused"]

    def eta_s(self) -> float | None:
        """What the server expects; None where it does not say."""
        told = [one.batch.document.get("eta_s") for one in self._followed if not one.batch.ended]
        known = [float(one) for one in told if isinstance(one, int | float)]
        return sum(known) if known and len(known) == len(told) else None

    def results(self, on_tick: Callable[[], object]) -> Generator[RowResult, None, None]:
        """Each row that ends, its pictures being fetched; `on_tick` is called at least every 0.1 s.

        Raises what the server cannot be asked for. Left early, it lets no thread do more than it has begun.
        """
        left = self.total
        for one in self._followed:
            threading.Thread(target=self._watch, args=(one,), daemon=True, name="batch").start()
        try:
            while left:
                event = self._next()
                if isinstance(event, BaseException):
                    raise event
                if isinstance(event, Ended):
                    self._pool.submit(self._fetcher.take, event).add_done_callback(self._tell)
                elif event is not None:
                    left -= 1
                    yield event
                on_tick()
        finally:
            if left:
                self._stop.set()
            self._pool.shutdown(wait=True, cancel_futures=True)

    def _next(self) -> Ended | RowResult | BaseException | None:
        try:
            return self._events.get(timeout=TICK_S)
        except queue.Empty:
            return None

    def _tell(self, future: Future[RowResult]) -> None:
        if not future.cancelled():
            self._events.put(future.exception() or future.result())

    def _watch(self, one: Followed) -> None:
        """Asks until every row that is wanted has ended; or the run ends, be it in the middle of a question."""
        try:
            for event in _ends(one, self._stop):
                self._events.put(event)
        except RunStopped:
            return
        except Exception as error:  # noqa: BLE001  told on the run's own thread
            self._events.put(error)


def _ends(one: Followed, stop: Stop) -> Generator[Ended | RowResult, None, None]:
    open_rows = dict(one.rows)
    seen = BatchCounts()
    while open_rows:
        over = one.batch.ended
        for state in ("succeeded", "failed", "canceled"):
            if over or getattr(one.batch.counts, state) != getattr(seen, state):
                yield from _taken(one.batch.items(state), open_rows)
        seen = one.batch.counts
        if over and open_rows:
            yield from (RowResult(sku, asked, "canceled", problem=_LOST) for sku, asked in open_rows.items())
            return
        if open_rows:
            stop.pause(max(MIN_INTERVAL_S, one.batch.counts.ended / ROWS_A_SECOND))
            one.batch.poll(WAIT_S)


def _taken(items: Iterable[BatchItem], open_rows: dict[str, str]) -> Generator[Ended, None, None]:
    for item in items:
        if item.sku in open_rows:
            yield Ended(item, item.sku, open_rows.pop(item.sku))
