"""What the commands that start jobs share: follow them with a bar, tell how they ended, stop them at Ctrl-C."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from packshot.cli.display import display_for
from packshot.cli.exits import Exit, end
from packshot.cli.interrupts import Interrupts, two_step_interrupts
from packshot.cli.limits import ask_limits, tell_limits
from packshot.cli.report import Counted, outcome_line, summarize, tell_pages
from packshot.cli.servers import Served, served
from packshot.cli.stalling import StallWatch
from packshot.cli.waits import Waits
from packshot.client import Client
from packshot.errors import InvalidPhoto, InvalidRequest, JobLeft, NotSent
from packshot.outcomes import Outcome, is_wrong_usage
from packshot.photos import Task, shown
from packshot.retries import RetryPolicy
from packshot.runs import Order, Run
from packshot.standing import Claims
from packshot.stopping import Stop

PATIENCE_S = 600.0  # for a server, or its Redis, that is away for a while: jobs that it has accepted go on


@dataclass(frozen=True)
class View:
    """How a run is told: on `console`, as `counted`, with a line of JSON for each task on stdout if `as_json`.

    `tell` is called with all outcomes, before they are summed up; `draw` makes contact sheets of them, after. Last
    comes what the generator cannot do, where it made pictures, unless not `tells_limits`. `then` follows the word that
    the run was interrupted.
    """

    console: Console
    counted: Counted
    as_json: bool = False
    tell: Callable[[Console, Sequence[Outcome]], Any] = lambda _, __: None
    draw: Callable[[Sequence[Outcome]], list[Path]] | None = None
    tells_limits: bool = True
    then: str = ""


def console_for(as_json: bool) -> Console:
    """Where a person reads: stdout, or stderr where stdout is for a program."""
    return Console(stderr=as_json, width=None if sys.stdout.isatty() else 120, emoji=False)


def take_all(tasks: Sequence[Task], order: Order, view: View, *, url: str | None, api_key: str | None) -> list[Outcome]:
    """Takes the tasks through the order, on the server that is there or a private one, and sums up how they ended.

    Ends the process where a server cannot be had, where the order itself is refused, and at Ctrl-C.
    """
    say = partial(view.console.print, style="dim")
    with canceled_by_interrupts(view.then) as interrupts, served(url, api_key, say) as source:
        started = time.monotonic()
        outcomes = _follow(source, tasks, order, view, interrupts)
        view.tell(view.console, outcomes)
        summarize(view.console, outcomes, order.folder, time.monotonic() - started, view.counted)
        tell_pages(view.console, [shown(page) for outcome in outcomes for page in outcome.pages])
        if view.draw is not None:
            _tell_sheets(view.console, outcomes, view.draw)
        if view.tells_limits and any(outcome.generation for outcome in outcomes):
            tell_limits(view.console, ask_limits(source.server))
    return outcomes


@contextmanager
def canceled_by_interrupts(then: str = "") -> Iterator[Interrupts]:
    """Ctrl-C or SIGTERM once: cancel the jobs, stop the private server. Twice: leave now. Main thread only.

    `then` is what to do next.
    """
    with two_step_interrupts() as interrupts:
        try:
            yield interrupts
        except KeyboardInterrupt:
            end(f"interrupted; the jobs under way were canceled{then}", Exit.INTERRUPTED)


def tell_kept(console: Console, claims: Claims) -> None:
    """Says which file of somebody's kept its place, where results took another name for it."""
    if told := claims.told():
        console.print(told, style="yellow", markup=False, highlight=False, soft_wrap=True)


def end_with(outcomes: Sequence[Outcome], counted: Counted) -> None:
    """Ends the process with the code of what failed: wrong usage, or a server that was away, where that is all.

    A file that breaks a rule of its channel was made, but not as it was asked for: that is no success. What suits some
    photos is no wrong usage, nor what made the pictures of an earlier run.
    """
    errors = [outcome.error for outcome in outcomes if outcome.error is not None]
    unfit = counted.unfit or any(outcome.broken_rules for outcome in outcomes)
    if errors and not unfit and all(isinstance(error, NotSent | JobLeft) for error in errors):
        raise click.exceptions.Exit(Exit.NO_SERVER)
    if errors:
        usage = not counted.already and len(errors) == len(outcomes) and all(map(is_wrong_usage, errors))
        raise click.exceptions.Exit(Exit.USAGE if usage else Exit.FAILED)
    if unfit:
        raise click.exceptions.Exit(Exit.FAILED)


def require_pillow() -> None:
    """Raises click.UsageError, which says what to install, where a sheet cannot be drawn."""
    from packshot.sheet import SheetError
    from packshot.sheet import require_pillow as require

    try:
        require()
    except SheetError as error:
        raise click.UsageError(str(error)) from error


def _follow(source: Served, tasks: Sequence[Task], order: Order, view: View, interrupts: Interrupts) -> list[Outcome]:
    stop = Stop()
    outcomes = []

    def say(text: str) -> None:
        view.console.print(text, style="yellow", markup=False, highlight=False, soft_wrap=True)

    waits = Waits(say, PATIENCE_S)
    patient = RetryPolicy(give_up_after_s=PATIENCE_S, sleep=stop.pause, on_wait=waits)
    with Client(source.server.url, source.server.api_key, retries=patient) as client:
        _upload_files(client, order)
        run = Run(client, tasks, order, stop)
        watch = StallWatch(client, say)
        with display_for(view.console, view.counted) as display, interrupts.held():

            def tick() -> None:
                interrupts.check()
                source.check()
                under_way = run.progress()
                display.tick(under_way)
                watch.tick(under_way)

            with closing(run.outcomes(tick)) as ending:
                for outcome in ending:
                    outcomes.append(outcome)
                    display.ended(outcome)
                    if view.as_json:
                        click.echo(outcome_line(outcome))
    return outcomes


def _tell_sheets(
    console: Console, outcomes: Sequence[Outcome], draw: Callable[[Sequence[Outcome]], list[Path]]
) -> None:
    with console.status("drawing the contact sheet"):
        sheets = draw(outcomes)
    for path in sheets:
        console.print(f"contact sheet → {shown(path)}", markup=False, highlight=False, soft_wrap=True)


def _upload_files(client: Client, order: Order) -> None:
    """Sends what all tasks share before any of them, so that a bad file is told once and by its name."""
    for path in order.files:
        try:
            client.upload(path)
        except (InvalidPhoto, InvalidRequest, OSError) as error:
            end(f"{shown(path)}: {error}", Exit.USAGE)
