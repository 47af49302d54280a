"""What a person sees while a catalogue is done: a live table on a terminal, a line for each row elsewhere."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from types import TracebackType
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from packshot.batch_models import BatchCounts
from packshot.catalog.results import RowResult
from packshot.catalog.rows import CatalogRow
from packshot.cli.report import number_of

LAST, WRONG = 4, 4  # rows that the live table shows
WINDOW_S = 60.0  # the rate is that of so long
QUIET_S = 15.0  # without a row that ended for so long, a line tells what goes on
_STATES = ("waiting", "queued", "running", "succeeded", "failed", "canceled")
_STYLES = {"running": "cyan", "succeeded": "green", "failed": "red", "canceled": "yellow"}


@dataclass(frozen=True)
class Now:
    """How far the server is: `eta_s` as it says, `paused` the batches that wait for somebody."""

    counts: BatchCounts
    eta_s: float | None = None
    paused: tuple[str, ...] = ()


class CatalogDisplay(Protocol):
    """Used on one thread, inside a `with`."""

    def __enter__(self) -> "CatalogDisplay":
        """Starts showing."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leaves the screen as it is."""

    def ended(self, row: CatalogRow, result: RowResult) -> None:
        """One row is over, its pictures being in their places."""

    def tick(self, now: Now) -> None:
        """Called often."""


def display_for(console: Console, title: str, total: int) -> CatalogDisplay:
    """For `total` rows that are to be done now."""
    return LiveDisplay(console, title, total) if console.is_terminal else LineDisplay(console, total)


@contextmanager
def staged(console: Console, what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar for work before the batch, `looking at photos`; elsewhere one line. The block tells how many are done."""
    if not console.is_terminal:
        console.print(f"{what}: {total:,}", highlight=False)
        yield lambda _: None
        return
    with Progress(
        TextColumn("{task.description}"), BarColumn(bar_width=32), MofNCompleteColumn(), console=console
    ) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)


class Pace:
    """How many rows end in a minute, by those of the last one."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.started = clock()
        self._ends: deque[float] = deque()

    def ended(self) -> None:
        """A row has ended."""
        self._ends.append(self._clock())

    def a_minute(self) -> float:
        """Rows in a minute; 0 while none has ended."""
        now = self._clock()
        while self._ends and now - self._ends[0] >= WINDOW_S:
            self._ends.popleft()
        return 60.0 * len(self._ends) / max(1.0, min(WINDOW_S, now - self.started))

    def left_s(self, rows: int) -> float | None:
        """How long so many rows take at this pace; None where there is none."""
        pace = self.a_minute()
        return 60.0 * rows / pace if pace else None

    def gone_s(self) -> float:
        """Since it began."""
        return self._clock() - self.started


class LiveDisplay:
    """A bar, the server's counts by state, the pace, the rows that ended last, and those that failed."""

    def __init__(self, console: Console, title: str, total: int) -> None:
        self._title = title
        self._total = total
        self._pace = Pace()
        self._now = Now(BatchCounts())
        self._fetched = 0
        self._last: deque[tuple[CatalogRow, RowResult]] = deque(maxlen=LAST)
        self._wrong: deque[tuple[CatalogRow, RowResult]] = deque(maxlen=WRONG)
        self._over = 0
        self._live = Live(console=console, get_renderable=self.renderable, refresh_per_second=4, transient=True)

    def __enter__(self) -> "LiveDisplay":
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def ended(self, row: CatalogRow, result: RowResult) -> None:
        """Counts it, and shows it for a while."""
        self._pace.ended()
        self._over += 1
        self._fetched += result.ok
        (self._last if result.ok else self._wrong).append((row, result))

    def tick(self, now: Now) -> None:
        """The live table draws itself anew four times a second."""
        self._now = now

    def renderable(self) -> RenderableType:
        """The table as it is now."""
        head = Table.grid(padding=(0, 2))
        bar = ProgressBar(total=max(1, self._total), completed=self._over, width=40)
        head.add_row(Text(self._title, style="bold"), bar, f"{self._over:,} of {self._total:,} rows")
        parts: list[RenderableType] = [head, self._counts(), Text(self._told(), style="dim")]
        parts += [
            Text(f"paused: `packshot catalog resume {one}` lets it go on", style="yellow") for one in self._now.paused
        ]
        parts += [_rows("Last", self._last, "green")] if self._last else []
        parts += [_rows("Failed", self._wrong, "red")] if self._wrong else []
        return Group(*parts)

    def _counts(self) -> Table:
        table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
        cells = []
        for state in _STATES:
            number = getattr(self._now.counts, state)
            table.add_column(state, justify="right", style=_STYLES.get(state, "") if number else "dim")
            cells.append(f"{number:,}")
        table.add_column("fetched", justify="right", style="bold green" if self._fetched else "dim")
        table.add_row(*cells, f"{self._fetched:,}")
        return table

    def _told(self) -> str:
        return pace_text(self._pace, self._now, self._total - self._over)


class LineDisplay:
    """A line for each row that ended, for logs and pipes; and one now and then while none does."""

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._total = total
        self._over = 0
        self._pace = Pace()
        self._quiet_since = time.monotonic()
        self._told: Now | None = None

    def __enter__(self) -> "LineDisplay":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def ended(self, row: CatalogRow, result: RowResult) -> None:
        """`[ 3/950] row 7 SKU-7: 3 pictures`."""
        self._over += 1
        self._pace.ended()
        self._say(f"row {row.row} {row.sku}: {outcome_text(result)}")

    def tick(self, now: Now) -> None:
        """Tells what goes on when no row has ended for a while, and again only where that is something else."""
        known = replace(now, eta_s=None)
        if time.monotonic() - self._quiet_since > QUIET_S and known != self._told:
            self._told = known
            paused = "".join(f"; paused: packshot catalog resume {one}" for one in now.paused)
            self._say(f"… {now.counts}{paused}; {pace_text(self._pace, now, self._total - self._over)}")

    def _say(self, text: str) -> None:
        width = len(str(self._total))
        line = f"[{self._over:>{width}}/{self._total}] {text}"
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)
        self._quiet_since = time.monotonic()


def outcome_text(result: RowResult) -> str:
    """`3 pictures, look at them`, or the problem."""
    if result.ok:
        review = ", needs review" if result.needs_review else ""
        return f"{number_of(len(result.pictures), 'pictures')}{review}"
    problem = result.problem or {}
    return f"{result.state.upper()}: {': '.join(filter(None, (problem.get('title'), problem.get('detail'))))}"


def pace_text(pace: Pace, now: Now, left: int) -> str:
    """`12.4 rows/min · 0:03:12 gone · about 0:35:20 left`."""
    eta_s = now.eta_s if now.eta_s is not None else pace.left_s(left)
    told = [f"{pace.a_minute():.1f} rows/min", f"{span(pace.gone_s())} gone"]
    return " · ".join([*told, f"about {span(eta_s)} left"] if eta_s is not None and left else told)


def span(seconds: float) -> str:
    """`0:03:12`."""
    return str(timedelta(seconds=round(seconds)))


def _rows(title: str, rows: deque[tuple[CatalogRow, RowResult]], style: str) -> Table:
    table = Table(
        title=title, title_justify="left", title_style=f"bold {style}", box=None, pad_edge=False, show_header=False
    )
    table.add_column(style="dim", justify="right", no_wrap=True)
    table.add_column(no_wrap=True, max_width=30, overflow="ellipsis")
    table.add_column(no_wrap=True, overflow="ellipsis")
    for row, result in reversed(rows):
        names = ", ".join(one.file.rpartition("/")[2] for one in result.pictures)
        told = (names or "no picture was asked for") if result.ok else outcome_text(result)
        table.add_row(f"row {row.row}", Text(row.sku), Text(told, style="yellow" if result.needs_review else ""))
    return table
