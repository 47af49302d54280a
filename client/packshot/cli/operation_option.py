"""`--op`: what is done to pictures, and in which order."""

from collections.abc import Callable
from typing import Any

import click

from packshot.operation_text import files_of, parse_operation
from packshot.photos import shown


def operation_option(
    *, required: bool = False, told: str = "NAME or NAME:KEY=VALUE,KEY=VALUE; again for each further operation."
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--op`, as often as wanted; the command gets `operations`, a list of mappings whose files are there."""
    return click.option(
        "--op", "operations", multiple=True, required=required, callback=_read, metavar="OPERATION", help=told
    )


def _read(_ctx: click.Context, param: click.Parameter, texts: tuple[str, ...]) -> list[dict[str, Any]]:
    try:
        operations = [parse_operation(text) for text in texts]
    except ValueError as error:
        raise click.BadParameter(str(error), param=param) from error
    for path in (path for operation in operations for path in files_of(operation)):
        if not path.is_file():
            raise click.BadParameter(f"there is no file {shown(path)}", param=param)
    return operations
