"""`packshot top`: how the whole service does, in a terminal. For operators."""

import json
import sys
from dataclasses import asdict

import click
from rich.console import Console

from packshot.cli.exits import Exit, end
from packshot.cli.numbers import Number
from packshot.cli.options import json_option, server_options
from packshot.cli.top.frame import View, frame
from packshot.cli.top.screen import watch
from packshot.cli.top.watching import Sample, take_sample
from packshot.client import Client
from packshot.errors import Forbidden
from packshot.locating import locate
from packshot.retries import RetryPolicy

SECONDS = Number(0.5, 3600)
NARROWEST = 80
AT_ONCE = RetryPolicy(give_up_after_s=0.0, first_answer_s=0.0)  # the next question comes soon enough
NEEDED = "packshot top needs a key with the scope operator"


@click.command()
@click.option("--every", "every_s", default=2.0, show_default=True, type=SECONDS, help="Seconds between two looks.")
@click.option("--once", is_flag=True, help="One frame, and the end; also where no terminal is there to draw on.")
@json_option
@server_options
def top(every_s: float, *, once: bool, as_json: bool, url: str | None, api_key: str | None) -> None:
    """Watch the queue, the workers, the tenants and what goes wrong.

    Needs a key with the scope operator. Keys: q quits, p holds the picture, s sorts by another column.
    """
    console = Console(highlight=False, emoji=False)
    server = locate(url, api_key)
    with Client(server.url, server.api_key, retries=AT_ONCE) as client:
        first = _first(client, server.url)
        if as_json:
            click.echo(json.dumps(asdict(first), indent=2))
        elif once or not console.is_terminal:
            width = None if console.is_terminal else max(NARROWEST, console.width)
            Console(highlight=False, emoji=False, width=width).print(frame(first, View(console.width, height=None)))
        else:
            watch(console, client, first, every_s, sys.stdin)


def _first(client: Client, server: str) -> Sample:
    """Raises PackshotError: without a first answer there is nothing to draw."""
    try:
        return take_sample(client, server)
    except Forbidden as error:
        end(f"{error}; {NEEDED}", Exit.NO_SERVER)
