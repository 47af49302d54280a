"""`packshot catalog run`: a whole catalogue, resumable."""

from pathlib import Path
from typing import Any

import click

from packshot.cli.catalog.reading import CatalogOrder, read_catalog
from packshot.cli.catalog.sources import Where
from packshot.cli.catalog.working import rehearse, run_catalog
from packshot.cli.exits import Exit
from packshot.cli.interrupts import two_step_interrupts
from packshot.cli.numbers import IN_FLIGHT, Number
from packshot.cli.operation_option import operation_option
from packshot.cli.options import FORMATS, json_option, server_options
from packshot.cli.preset_option import preset_option
from packshot.cli.running import console_for

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=FILE, metavar="FILE")
@preset_option("A channel to make pictures for, such as amazon-main; again for more. For rows without their own.")
@operation_option(told="NAME or NAME:KEY=VALUE,KEY=VALUE, or auto; again for more. For rows without their own.")
@click.option(
    "-o", "--output", "folder", default=Path("results"), type=click.Path(path_type=Path, file_okay=False),
    show_default=True, help="Folder for the pictures, a folder in it for each SKU.",
)  # fmt: skip
@click.option(
    "--photos", type=FOLDER, metavar="DIR", help="Paths in FILE are relative to it.  [default: FILE's folder]"
)
@click.option("--strict", is_flag=True, help="Do nothing at all if a row is broken.")
@click.option("--dry-run", is_flag=True, help="Check all rows and tell how long they would take; do nothing.")
@click.option("--retry-failed", is_flag=True, help="Try rows again that failed in an earlier run.")
@click.option("--format", "kind", type=click.Choice(FORMATS), help="Write the plain result, too, and as this.")
@click.option("--quality", type=Number(1, 100, whole=True), help="Of a lossy plain result, 1 to 100.")
@click.option(
    "--in-flight", default=8, show_default=True, type=IN_FLIGHT, help="Photos sent, and rows fetched, at once; 1 to 64."
)
@json_option
@server_options
def run(
    file: Path, presets: list[str], operations: list[dict[str, Any]], folder: Path, photos: Path | None,
    kind: str | None, quality: int | None, url: str | None, api_key: str | None, **more: Any,
) -> None:  # fmt: skip
    """Take a whole catalogue through one batch.

    FILE is CSV, JSON lines or JSON, with a row for each product.

    \b
    Columns, of which only a photo is needed:
      sku         names the folder of the pictures       [default: the photo's name]
      photo       a path; or url, or upload (sha256:…)
      preset      channels: amazon-main; ebay            [default: --preset]
      color       another colour for the product
      operations  relight; restore; upscale:factor=2     [default: --op]

    All rows are checked first. Broken ones are told, with their line, in faults.csv as well, and the others are done:
    DIR/SKU/NAME with a manifest beside; results.csv and results.jsonl say how each row ended. After Ctrl-C the same
    command goes on where it stopped. What is there is not done again, unless its photo or what is asked for it has
    changed; what failed is tried again with --retry-failed. A file in DIR that Packshot has not written, or that was
    edited since, stays.

    \b
    Examples:
      packshot catalog run products.csv --preset amazon-main --preset web-responsive -o out
      packshot catalog run products.csv --op auto --preset ebay --dry-run

    Exit codes: 0 all rows are done, 1 some are broken or failed, or have a picture that breaks a technical rule of its
    channel, 2 wrong usage, or a broken row with --strict, 3 no server answers, 4 the private server could not run, 130
    interrupted.
    """
    output = {name: value for name, value in (("format", kind), ("quality", quality)) if value is not None}
    asked = {"renditions": presets, "operations": operations, "output": output}
    defaults = {name: value for name, value in asked.items() if value}
    as_json: bool = more["as_json"]
    order = CatalogOrder(file, folder, photos or file.parent, defaults, **more)
    with two_step_interrupts() as interrupts:
        work = read_catalog(order, console_for(as_json))
        where = Where(url, api_key)
        code = rehearse(work, where) if order.dry_run else run_catalog(work, where, interrupts)
    if code != Exit.OK:
        raise click.exceptions.Exit(code)
