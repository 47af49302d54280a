"""From rows that are left to batches that are followed: what runs already, what the server says, photos, the batch."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from packshot.batch_models import CatalogCheck, RowFault
from packshot.batches import Batch
from packshot.catalog.faults import Fault
from packshot.catalog.following import Followed
from packshot.catalog.ledger import Begun, CatalogLedger
from packshot.catalog.rows import CatalogRow
from packshot.catalog.wanted import Wanted
from packshot.client import Client
from packshot.errors import Gone, InvalidPhoto, InvalidRequest, NotFound
from packshot.outcomes import describe_error
from packshot.photos import shown
from packshot.reading import as_document, take_optional
from packshot.stopping import Stop

TICK_S = 0.1


@dataclass(frozen=True)
class Start:
    """How a batch is started: its name, the server's address to find it again by, and whether a bad row stops it."""

    name: str
    server: str
    strict: bool = False


def running_already(
    client: Client, ledger: CatalogLedger, wanted: Wanted, left: list[CatalogRow]
) -> tuple[list[Followed], list[CatalogRow]]:
    """The batches of earlier runs that do rows which are left, going on again; and the rows that none of them does.

    A batch that would also do what is not wanted any more, since a row was changed, is canceled; what it has made of
    the other rows is taken.
    """
    followed: list[Followed] = []
    open_rows = {row.sku: wanted.digest(row) for row in left}
    for begun in reversed([one for one in ledger.begun.values() if one.server == client.server.url]):
        mine = {sku: asked for sku, asked in begun.rows.items() if open_rows.get(sku) == asked}
        rows = _still_to_come(client, begun, mine)
        if rows is None:
            ledger.note_over(begun.id)
            continue
        followed.append(Followed(client.batch(begun.id), rows))
        open_rows = {sku: asked for sku, asked in open_rows.items() if sku not in rows}
    return followed, [row for row in left if row.sku in open_rows]


def _still_to_come(client: Client, begun: Begun, mine: Mapping[str, str]) -> dict[str, str] | None:
    """Those of the rows whose end is to be had of a batch; None where there are none, or no such batch any more."""
    try:
        batch = client.batch(begun.id)
        items = list(batch.items())
    except (NotFound, Gone):
        return None
    if any(not item.ended and item.sku not in mine for item in items):
        batch.cancel()
        items = list(batch.items())
    elif not batch.ended:
        batch.resume()
    states = {item.sku: item.state for item in items}
    rows = {sku: asked for sku, asked in mine.items() if states.get(sku, "canceled") != "canceled"}
    return rows or None


def checked_by_server(
    client: Client, wanted: Wanted, rows: list[CatalogRow]
) -> tuple[CatalogCheck, list[Fault], set[str]]:
    """What the server says of the rows: its answer, their faults, and the uploads that it does not have.

    Raises InvalidRequest for a fault in what all of them share.
    """
    check = client.check_catalog([wanted.wire(row) for row in rows], defaults=wanted.shared())
    ours = set(wanted.ids.values())
    unsent = {fault.unsent for fault in check.faults if fault.unsent in ours}
    return check.without_unsent(ours), list(_faults(check.without_unsent(ours).faults, rows)), unsent


def _faults(told: Collection[RowFault], rows: list[CatalogRow]) -> Iterator[Fault]:
    yield from (rows[one.row - 1].fault(one.detail, one.field) for one in told if 1 <= one.row <= len(rows))


class Uploads:
    """Sends photos, each content once, a few at a time."""

    def __init__(self, client: Client, wanted: Wanted, ids: Collection[str], in_flight: int, stop: Stop) -> None:
        """`ids` are those that the server does not have; `stop` ends what the client waits for."""
        by_id = {wanted.ids[path]: path for path in reversed(wanted.files) if wanted.ids[path] in ids}
        self._client = client
        self._files = dict(reversed(by_id.items()))
        self._in_flight = in_flight
        self._stop = stop
        self.total = len(self._files)
        self.sent = 0
        self.refused: dict[str, str] = {}  # why, by the upload's id

    def send(self, on_tick: Callable[[], object]) -> None:
        """Sends all of them; `on_tick` is called often. Raises what has nothing to do with a single photo.

        Left early, by any exception, it stops: nothing waits for a server that does not answer.
        """
        pool = ThreadPoolExecutor(self._in_flight, thread_name_prefix="upload")
        pending: set[Future[None]] = {pool.submit(self._send, one, path) for one, path in self._files.items()}
        try:
            while pending:
                ended, pending = wait(pending, timeout=TICK_S, return_when=FIRST_COMPLETED)
                for future in ended:
                    future.result()
                    self.sent += 1
                on_tick()
        finally:
            if pending:
                self._stop.set()
            pool.shutdown(wait=True, cancel_futures=True)

    def _send(self, upload: str, path: Path) -> None:
        try:
            if self._client.upload(path).id != upload:
                self.refused[upload] = f"{shown(path)} has changed since it was looked at"
        except (InvalidPhoto, InvalidRequest, OSError) as error:
            self.refused[upload] = describe_error(error)


def refused_rows(wanted: Wanted, rows: list[CatalogRow], refused: Mapping[str, str]) -> list[Fault]:
    """The faults of rows whose photo, or another picture, the server does not take."""
    return [
        row.fault(refused[wanted.ids[path]], "photo" if path == row.photo else "operations")
        for row in rows
        for path in row.files
        if wanted.ids[path] in refused
    ]


def start(
    client: Client, ledger: CatalogLedger, wanted: Wanted, rows: list[CatalogRow], asked: Start
) -> tuple[Followed, list[Fault]]:
    """Starts one batch of the rows, and notes it. Rows that the server leaves out after all are faults.

    Its idempotency key is made of what is asked for and of the folder's ledger: a run that was killed before it could
    note its batch starts no second one, but gets the first; a run into another folder gets a batch of its own.
    """
    items = [wanted.wire(row) for row in rows]
    shared = wanted.shared()
    told = json.dumps([ledger.run, ledger.batches, items, shared], sort_keys=True)
    batch = client.catalog(
        items,
        defaults=shared,
        name=asked.name,
        skip_invalid=not asked.strict,
        idempotency_key=f"catalog-{hashlib.sha256(told.encode()).hexdigest()[:40]}",
    )
    faults = list(_faults(_skipped(batch), rows))
    broken = {fault.row for fault in faults}
    digests = {row.sku: wanted.digest(row) for row in rows if row.row not in broken}
    ledger.note_begun(Begun(batch.id, asked.server, digests))
    return Followed(batch, digests), faults


def _skipped(batch: Batch) -> list[RowFault]:
    return [RowFault.parse(as_document(one)) for one in take_optional(batch.document, "errors", list) or []]
