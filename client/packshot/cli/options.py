"""Options that several commands share."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from packshot.cli.numbers import Number
from packshot.locating import data_folder
from packshot.photos import PHOTO_SUFFIXES, expand, shown

Decorated = Callable[..., Any]
UNBROKEN = 10_000  # columns: no cell is so wide that its words would be wrapped, or cut in two
FORMATS = ("auto", "jpeg", "png", "webp", "avif")

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=lambda: data_folder(os.environ),
    show_default="PACKSHOT_DATA_DIR, else ~/.local/share/packshot",
    help="Folder for everything the server keeps.",
)
photos_argument = click.argument(
    "photos", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="PHOTO|FOLDER…"
)
json_option = click.option("--json", "as_json", is_flag=True, help="JSON on stdout, for programs.")


def table_console() -> Console:
    """Where a table is told: as wide as the terminal; where a file or program reads it, as wide as its words need."""
    return Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else UNBROKEN)


def make_folder(folder: Path) -> None:
    """The folder for pictures. Raises click.UsageError where it cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"the folder {shown(folder)} cannot be made: {error.strerror}") from error


def expand_photos(photos: Sequence[Path], folder: Path, *, recursive: bool = False) -> list[Path]:
    """The photos that were named, but for those in the results' folder. Raises click.UsageError if there are none."""
    found = expand(photos, recursive=recursive, leave_out=folder)
    if not found:
        looked_for = ", ".join(sorted(PHOTO_SUFFIXES))
        raise click.UsageError(f"no photo in {', '.join(map(shown, photos))}; looked for {looked_for}")
    return found


def result_options(command: Decorated) -> Decorated:
    """`-o`, `--format` and `--quality`: where pictures go, and as what."""
    options = (
        click.option(
            "-o", "--output", "folder", default=Path("results"), type=click.Path(path_type=Path, file_okay=False),
            show_default=True, help="Folder for the pictures and their manifests.",
        ),
        click.option(
            "--format", "kind", default="auto", show_default=True, type=click.Choice(FORMATS), help="Of the pictures."
        ),
        click.option(
            "--quality", default=90, show_default=True, type=Number(1, 100, whole=True),
            help="Of lossy formats, 1 to 100.",
        ),
    )  # fmt: skip
    return with_options(command, *options)


def with_options(command: Decorated, *options: Callable[[Decorated], Decorated]) -> Decorated:
    """The command with these options, in the order in which help is to list them."""
    for option in reversed(options):
        command = option(command)
    return command


def server_options(command: Decorated) -> Decorated:
    """`--url` and `--api-key`."""
    command = click.option("--api-key", metavar="KEY", help="Its key.  [default: PACKSHOT_API_KEY]")(command)
    return click.option("--url", metavar="URL", help="The server.  [default: PACKSHOT_URL]")(command)
