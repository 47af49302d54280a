"""The server that a catalogue's command works with, and how it is left at Ctrl-C."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console

from packshot.batches import Batch
from packshot.catalog.ledger import CatalogLedger
from packshot.cli.catalog.report import tell
from packshot.cli.report import number_of
from packshot.cli.servers import Served, served
from packshot.cli.waits import Waits
from packshot.client import Client
from packshot.errors import PackshotError
from packshot.retries import RetryPolicy
from packshot.stopping import Stop

PATIENCE_S = 600.0  # a catalogue takes hours: a server that is started anew is waited for


@dataclass(frozen=True)
class Where:
    """The server that a command names, if it does."""

    url: str | None
    api_key: str | None


@dataclass(frozen=True)
class Source:
    """The server that was found or started, and a client of it; `stop` ends what the client waits for."""

    served: Served
    client: Client
    stop: Stop

    @property
    def address(self) -> str:
        """To find a batch again by; empty for a private server, which ends with the run and takes its batches along."""
        return "" if self.served.private else self.client.server.url


@contextmanager
def connected(console: Console, where: Where) -> Iterator[Source]:
    """The server that is named or runs here, else a private one for as long as the block lasts."""
    stop = Stop()
    waits = Waits(lambda text: tell(console, text, "yellow"), PATIENCE_S)
    patient = RetryPolicy(give_up_after_s=PATIENCE_S, sleep=stop.pause, on_wait=waits)
    with (
        served(where.url, where.api_key, lambda text: tell(console, text, "dim")) as source,
        Client(source.server.url, source.server.api_key, retries=patient) as client,
    ):
        yield Source(source, client, stop)


def let_go(ledger: CatalogLedger, source: Source) -> str:
    """Pauses what would go on without us on somebody's server, and says how to go on.

    On a private server, whose end waits for what it does, it is canceled.
    """
    paused: list[Batch] = []
    for begun in [one for one in ledger.begun.values() if one.server == source.address]:
        try:
            batch = source.client.batch(begun.id)
            if begun.server and batch.pause().state == "paused":
                paused.append(batch)
            elif not begun.server:
                batch.cancel()
        except PackshotError:
            continue
    told = "interrupted; what is done is kept: the same command goes on from here"
    return "\n".join([told, *map(paused_text, paused)])


def paused_text(batch: Batch) -> str:
    """What a pause has stopped, and what it has not: rows that have a job already are finished."""
    counts = batch.counts
    working, waiting = counts.queued + counts.running, counts.waiting
    held = f"with {number_of(waiting, 'rows')} waiting" if waiting else "but no row of it was left to hold back"
    told = [f"{batch.id} is paused on the server, {held}"]
    if working:
        told.append(f"still being done there, having a job already: {number_of(working, 'rows')}")
    if waiting:
        told.append(f"`packshot catalog resume {batch.id}` lets the server go on alone")
    return "; ".join(told)
