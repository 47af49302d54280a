"""`packshot run`: photos in, pictures out, however many and whatever they take."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from packshot.cli.display import display_for
from packshot.cli.exits import Exit, end
from packshot.cli.options import json_option, make_folder, server_options
from packshot.cli.report import outcome_line, summarize
from packshot.cli.servers import Served, served
from packshot.client import Client
from packshot.operation_text import parse_operation
from packshot.photos import PHOTO_SUFFIXES, Task, expand, plan_tasks, shown
from packshot.retries import RetryPolicy
from packshot.runs import Order, Outcome, Run, Stop

FORMATS = ("auto", "jpeg", "png", "webp", "avif")


def _read_operations(_ctx: click.Context, param: click.Parameter, texts: tuple[str, ...]) -> list[dict[str, Any]]:
    try:
        operations = [parse_operation(text) for text in texts]
    except ValueError as error:
        raise click.BadParameter(str(error), param=param) from error
    for value in (value for operation in operations for value in operation.values()):
        if isinstance(value, Path) and not value.is_file():
            raise click.BadParameter(f"there is no file {shown(value)}", param=param)
    return operations


@click.command()
@click.argument(
    "photos", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="PHOTO|FOLDER…"
)
@click.option(
    "--op", "operations", multiple=True, required=True, callback=_read_operations, metavar="OPERATION",
    help="NAME or NAME:KEY=VALUE,KEY=VALUE; again for each further operation.",
)  # fmt: skip
@click.option(
    "-o", "--output", "folder", default=Path("results"), type=click.Path(path_type=Path, file_okay=False),
    show_default=True, help="Folder for the pictures and their manifests.",
)  # fmt: skip
@click.option(
    "--format", "kind", default="auto", show_default=True, type=click.Choice(FORMATS), help="Of the pictures."
)
@click.option("--quality", default=90, show_default=True, type=click.IntRange(1, 100), help="Of lossy formats.")
@click.option("--sheet", is_flag=True, help="Also draw a contact sheet of all photos, before and after.")
@click.option("--in-flight", default=8, show_default=True, type=click.IntRange(1, 64), help="Photos under way at once.")
@click.option("-r", "--recursive", is_flag=True, help="Look into the folders of folders, too.")
@json_option
@server_options
def run(
    photos: tuple[Path, ...], operations: list[dict[str, Any]], folder: Path, kind: str, quality: int,
    sheet: bool, in_flight: int, recursive: bool, as_json: bool, url: str | None, api_key: str | None,
) -> None:  # fmt: skip
    """Take photos through operations, in the order given.

    A FOLDER stands for its jpg, jpeg, png, webp, avif and heic files. Each photo becomes NAME.EXT and
    NAME.manifest.json in the output folder; results of an earlier run are replaced, photos never. A photo that fails
    is told at the end, and the others go on. With --json, each photo is a line of JSON on stdout as it ends.

    \b
    Operations (`packshot operations` has the full list):
      --op relight
      --op upscale:factor=2
      --op resize:width=1000,height=1000,fit=cover
      --op crop:aspect=4:5
      --op inpaint:mask=@tag.png        (a file, uploaded with the photo)
      --op '{"op": "inpaint", "boxes": [{"x": 10, "y": 20, "width": 50, "height": 30}]}'

    Exit codes: 0 all photos are done, 1 some failed, 2 wrong usage, 3 no server answers, 4 the private server could
    not run, 130 interrupted.
    """
    found = expand(photos, recursive=recursive, leave_out=folder)
    if not found:
        looked_for = ", ".join(sorted(PHOTO_SUFFIXES))
        raise click.UsageError(f"no photo in {', '.join(map(str, photos))}; looked for {looked_for}")
    if sheet:
        _require_pillow()
    make_folder(folder)
    order = Order(operations, folder, {"format": kind, "quality": quality}, in_flight)
    console = Console(stderr=as_json, width=None if sys.stdout.isatty() else 120)
    with _two_step_interrupts(), served(url, api_key, lambda text: console.print(text, style="dim")) as source:
        started = time.monotonic()
        outcomes = _run(source, plan_tasks(found, folder), order, console, as_json)
        summarize(console, outcomes, folder, time.monotonic() - started)
    if sheet:
        _draw_sheets(console, outcomes, order)
    if not all(outcome.ok for outcome in outcomes):
        raise click.exceptions.Exit(Exit.FAILED)


def _run(source: Served, tasks: list[Task], order: Order, console: Console, as_json: bool) -> list[Outcome]:
    stop = Stop()
    outcomes = []
    with Client(source.server.url, source.server.api_key, retries=RetryPolicy(sleep=stop.pause)) as client:
        the_run = Run(client, tasks, order, stop)
        with display_for(console, len(tasks)) as display:

            def tick() -> None:
                source.check()
                display.tick(the_run.progress())

            with closing(the_run.outcomes(tick)) as ending:
                for outcome in ending:
                    outcomes.append(outcome)
                    display.ended(outcome)
                    if as_json:
                        click.echo(outcome_line(outcome))
    return outcomes


@contextmanager
def _two_step_interrupts() -> Iterator[None]:
    """Ctrl-C or SIGTERM once: cancel the jobs, stop the private server. Twice: leave now."""
    told = False

    def on_signal(_number: int, _frame: object) -> None:
        nonlocal told
        if told:
            os._exit(Exit.INTERRUPTED)
        told = True
        raise KeyboardInterrupt

    handlers = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except KeyboardInterrupt:
        end("interrupted; the jobs under way were canceled", Exit.INTERRUPTED)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _require_pillow() -> None:
    from packshot.sheet import SheetError, require_pillow

    try:
        require_pillow()
    except SheetError as error:
        raise click.UsageError(str(error)) from error


def _draw_sheets(console: Console, outcomes: list[Outcome], order: Order) -> None:
    from packshot.sheet.run_sheet import draw_run

    with console.status("drawing the contact sheet"):
        sheets = draw_run(outcomes, order)
    for path in sheets:
        console.print(f"contact sheet → {shown(path)}", markup=False, highlight=False, soft_wrap=True)
