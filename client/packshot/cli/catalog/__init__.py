"""`packshot catalog`: many products at once, from a table of them."""

import click

from packshot.cli.catalog.handles import cancel, pause, results, resume, retry, status
from packshot.cli.catalog.run import run


@click.group()
def catalog() -> None:
    """Take a whole catalogue through one batch, and look after batches.

    `packshot catalog run FILE` does all of it, and can be stopped and run again; the other commands are for a batch
    that a server is at work on.
    """


for command in (run, status, pause, resume, cancel, retry, results):
    catalog.add_command(command)
