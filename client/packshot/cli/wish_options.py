"""Options of the commands that make new pictures; each has the name of the operation's field that it fills."""

from collections.abc import Mapping
from typing import Any

import click

from packshot.cli.numbers import NUMBER, Number
from packshot.cli.options import Decorated, with_options
from packshot.parts import SEEDS

SEED = Number(0, SEEDS - 1, whole=True)


def _read_adjustments(ctx: click.Context, param: click.Parameter, texts: tuple[str, ...]) -> dict[str, float]:
    adjustments = {}
    for text in texts:
        name, _, steps = text.partition("=")
        try:
            adjustments[name.strip()] = NUMBER.convert(steps, param, ctx)
        except click.BadParameter as error:
            raise click.BadParameter(f"{text!r} is not NAME=NUMBER, such as tallness=1", param=param) from error
    return adjustments


def look_options(command: Decorated) -> Decorated:
    """What pictures look like: `--color`, `--pattern`, `--adjust`, `--size`, `--effort`."""
    return with_options(
        command,
        click.option(
            "--color", "colors", multiple=True, metavar="COLOR",
            help="A name, #rgb or #rrggbb; the main colour first, at most two.",
        ),
        click.option("--pattern", metavar="PATTERN", help="plain, striped, checked or printed."),
        click.option(
            "--adjust", multiple=True, callback=_read_adjustments, metavar="NAME=NUMBER",
            help="Move them by -3 to 3 along a direction that `packshot operations generate` lists: tallness=1.",
        ),
        click.option("--size", "size_px", type=int, metavar="PX", help="Of a picture's side.  [default: 512]"),
        click.option(
            "--effort", type=NUMBER,
            help="Candidates made for each picture, 1 to 4; the best are kept.  [default: 2]",
        ),
    )  # fmt: skip


seed_option = click.option(
    "--seed", type=SEED, help=f"The same seed, the same pictures; 0 to {SEEDS - 1}.  [default: another each time]"
)
sheet_option = click.option("--sheet", is_flag=True, help="Also draw a contact sheet of all pictures.")
then_option_text = "Further operations on each picture, such as upscale; again for each."


def told_fields(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that were given; for the others the server has defaults."""
    given = {name: value for name, value in asked.items() if value is not None and value not in ((), {})}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()}
