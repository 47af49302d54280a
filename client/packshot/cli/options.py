"""Options that several commands share."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from packshot.locating import data_folder
from packshot.photos import shown

Decorated = Callable[..., Any]

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=lambda: data_folder(os.environ),
    show_default="PACKSHOT_DATA_DIR, else ~/.local/share/packshot",
    help="Folder for everything the server keeps.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="JSON on stdout, for programs.")


def make_folder(folder: Path) -> None:
    """The folder for pictures. Raises click.UsageError where it cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"the folder {shown(folder)} cannot be made: {error.strerror}") from error


def server_options(command: Decorated) -> Decorated:
    """`--url` and `--api-key`."""
    command = click.option("--api-key", metavar="KEY", help="Its key.  [default: PACKSHOT_API_KEY]")(command)
    return click.option("--url", metavar="URL", help="The server.  [default: PACKSHOT_URL]")(command)
