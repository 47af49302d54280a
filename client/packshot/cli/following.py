"""`packshot models reload` and `use`: until the workers have followed a wish, and what to say of those that refused."""

import time
from collections.abc import Collection

import click

from packshot.cli.exits import Exit
from packshot.cli.numbers import Number
from packshot.cli.why_waiting import nobody_works
from packshot.client import Client
from packshot.model_versions import OperatorModels, RefusedVersion
from packshot.operator import Operator

WAIT_S = 120.0
LOOK_S = 0.5

wait_option = click.option(
    "--wait",
    default=WAIT_S,
    show_default=True,
    type=Number(0, 3600),
    metavar="SECONDS",
    help="How long to wait for the workers, which load and try the version first; 0 only makes the wish.",
)


def followed(operator: Operator, found: OperatorModels, wait_s: float) -> OperatorModels:
    """The models once no worker is still looking, or as they are after `wait_s`."""
    until = time.monotonic() + wait_s
    while found.looking and time.monotonic() < until:
        time.sleep(LOOK_S)
        found = operator.models()
    return found


def tell_if_nobody_lives(client: Client, *, waited: bool) -> None:
    """Say on stderr that there was nobody to wait for, which would else look as if all had followed."""
    if waited and nobody_works(client):
        click.echo("packshot: no worker lives; those that start from now on follow the wish", err=True)


def end_with(found: OperatorModels, refused: Collection[RefusedVersion], *, as_json: bool, waited: bool) -> None:
    """Say on stderr what went wrong, and end with exit code 1 if anything did. `refused` are those that count."""
    if not waited:
        return
    if found.looking and not as_json:
        workers = "1 worker has" if found.looking == 1 else f"{found.looking} workers have"
        click.echo(f"packshot: {workers} not followed yet; `packshot models versions` tells later", err=True)
    if refused and not as_json:
        names = ", ".join(sorted({one.version for one in refused}))
        click.echo(f"packshot: {names} refused; what those workers served before serves on", err=True)
    if refused or found.looking:
        raise click.exceptions.Exit(Exit.FAILED)
