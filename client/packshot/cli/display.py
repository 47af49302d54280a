"""What a person sees while a run goes on: one bar on a terminal, a line per photo or wish elsewhere."""

import time
from collections import Counter
from collections.abc import Mapping
from types import TracebackType
from typing import Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from packshot.cli.report import Counted, sized
from packshot.errors import JobLeft, NotSent
from packshot.models import Progress as JobProgress
from packshot.outcomes import Outcome, describe_error
from packshot.photos import Task

QUIET_S = 5.0  # without a finished photo for so long, the lines tell what goes on


class Display(Protocol):
    """Used on one thread, inside a `with`."""

    def __enter__(self) -> "Display":
        """Starts showing."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leaves the screen as it is."""

    def ended(self, outcome: Outcome) -> None:
        """One photo is over."""

    def tick(self, under_way: Mapping[Task, JobProgress]) -> None:
        """Called often, with the photos under way."""


def display_for(console: Console, counted: Counted) -> Display:
    """A bar where there is a terminal to draw it on, else lines."""
    return BarDisplay(console, counted) if console.is_terminal else LineDisplay(console, counted)


class BarDisplay:
    """One bar over all of it; it moves with the work inside each job, not only with finished ones."""

    def __init__(self, console: Console, counted: Counted) -> None:
        self._bar = Progress(
            SpinnerColumn(),
            BarColumn(bar_width=32),
            TextColumn("{task.fields[finished]}/{task.total:.0f} " + counted.noun),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[stages]}"),
            console=console,
        )
        self._finished = counted.already
        self._id = self._bar.add_task(counted.noun, total=counted.total, finished=counted.already, stages="")

    def __enter__(self) -> "BarDisplay":
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def ended(self, outcome: Outcome) -> None:
        """Counts it; a failure is also told above the bar, at once."""
        self._finished += outcome.task.wanted
        if outcome.error is not None:
            told = f"{outcome.task.name}: {describe_error(outcome.error)}"
            self._bar.console.print(f"[red]✗[/] {escape(told)}")

    def tick(self, under_way: Mapping[Task, JobProgress]) -> None:
        """Moves the bar."""
        done = self._finished + sum(progress.fraction * task.wanted for task, progress in under_way.items())
        self._bar.update(self._id, completed=done, finished=self._finished, stages=escape(stages_of(under_way)))


class LineDisplay:
    """A line per finished job, for logs and pipes; and one now and then while nothing finishes."""

    def __init__(self, console: Console, counted: Counted) -> None:
        self._console = console
        self._total = counted.total
        self._finished = counted.already
        self._told = time.monotonic()
        self._stages = ""

    def __enter__(self) -> "LineDisplay":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def ended(self, outcome: Outcome) -> None:
        """`[ 3/73] mug.jpg  1200×900 → 2400×1800 px  4.2 s`."""
        self._finished += outcome.task.wanted
        if isinstance(outcome.error, JobLeft | NotSent):
            told = str(outcome.error)
        elif outcome.error is not None:
            told = f"FAILED: {describe_error(outcome.error)}"
        else:
            told = "  ".join((sized(outcome), f"{outcome.seconds:.1f} s", *outcome.remarks))
        self._say(f"{outcome.task.name}  {told}")

    def tick(self, under_way: Mapping[Task, JobProgress]) -> None:
        """Tells what goes on when nothing has finished for a while, and again only where that is something else."""
        if under_way and time.monotonic() - self._told > QUIET_S:
            stages = stages_of(under_way)
            if stages != self._stages:
                self._stages = stages
                self._say(f"… {stages}")

    def _say(self, text: str) -> None:
        width = len(str(self._total))
        line = f"[{self._finished:>{width}}/{self._total}] {text}"
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)
        self._told = time.monotonic()


def stages_of(under_way: Mapping[Task, JobProgress]) -> str:
    """`upscale 3, restore 2, queued 3`: how many photos are in which stage."""
    counted = Counter(
        "queued again" if progress.again else progress.stage or progress.state for progress in under_way.values()
    )
    return ", ".join(f"{stage} {number}" for stage, number in counted.most_common())
