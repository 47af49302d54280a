"""`packshot catalog status` and its kin: a batch that runs somewhere, by its id or by the folder of its run."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from packshot.batches import Batch
from packshot.catalog.ledger import batches_of
from packshot.catalog.places import RESULTS_CSV
from packshot.cli.catalog.display import span
from packshot.cli.options import json_option, make_folder, server_options
from packshot.cli.waits import asking
from packshot.photos import shown

ENDS = (".csv", ".jsonl", ".zip")
Decorated = Callable[..., Any]


def _read_id(_ctx: click.Context, param: click.Parameter, told: str) -> str:
    """A batch's id, also that of the last batch of a run into a folder."""
    if not Path(told).is_dir():
        return told
    folder = Path(told)
    started = batches_of(folder)
    if not started:
        raise click.BadParameter(f"no catalogue was run into {told}: give a batch's id", param=param)
    if len(started) > 1:
        number = f"{started[-1]} is the last of {len(started)} batches of this folder"
        click.echo(f"{number}; {shown(folder / RESULTS_CSV)} has all rows", err=True)
    return started[-1]


def _batch_command(command: Decorated) -> Decorated:
    named = click.argument("batch_id", metavar="ID|DIR", callback=_read_id)
    return named(json_option(server_options(command)))


@click.command()
@_batch_command
@click.option("--wait", is_flag=True, help="Wait for its end first.")
def status(batch_id: str, wait: bool, as_json: bool, url: str | None, api_key: str | None) -> None:
    """Show how far a batch is.

    DIR stands for the last batch of its runs; DIR/results.csv has the rows of all of them.
    """
    with asking(url, api_key) as client:
        batch = client.batch(batch_id)
        _show(batch.wait() if wait else batch, as_json)


@click.command()
@_batch_command
def pause(batch_id: str, as_json: bool, url: str | None, api_key: str | None) -> None:
    """Start no further row; those under way are finished."""
    with asking(url, api_key) as client:
        _show(client.batch(batch_id).pause(), as_json)


@click.command()
@_batch_command
def resume(batch_id: str, as_json: bool, url: str | None, api_key: str | None) -> None:
    """Go on after a pause."""
    with asking(url, api_key) as client:
        _show(client.batch(batch_id).resume(), as_json)


@click.command()
@_batch_command
def cancel(batch_id: str, as_json: bool, url: str | None, api_key: str | None) -> None:
    """End a batch; pictures that were made stay."""
    with asking(url, api_key) as client:
        _show(client.batch(batch_id).cancel(), as_json)


@click.command()
@_batch_command
def retry(batch_id: str, as_json: bool, url: str | None, api_key: str | None) -> None:
    """Do the failed rows of a batch again, and only these."""
    with asking(url, api_key) as client:
        _show(client.batch(batch_id).retry_failed(), as_json)


@click.command()
@_batch_command
@click.option(
    "-o", "--output", "path", type=click.Path(dir_okay=False, path_type=Path), required=True, metavar="FILE",
    help="Where to: results.csv, results.jsonl, or pictures.zip with all pictures.",
)  # fmt: skip
def results(batch_id: str, path: Path, as_json: bool, url: str | None, api_key: str | None) -> None:
    """Fetch a batch's result manifest, or all its pictures.

    DIR stands for the last batch of its runs; DIR/results.csv has the rows of all of them.
    """
    if path.suffix.lower() not in ENDS:
        raise click.UsageError(f"-o is {shown(path)}; expected a name that ends in {', '.join(ENDS)}")
    if os.path.lexists(path):
        raise click.UsageError(f"{shown(path)} is there already; give another name")
    make_folder(path.parent)
    with asking(url, api_key) as client:
        batch = client.batch(batch_id)
        fetch = {".csv": batch.results_csv, ".jsonl": batch.results_jsonl, ".zip": batch.download_archive}
        written = fetch[path.suffix.lower()](path)
    click.echo(json.dumps({"file": shown(written)}) if as_json else f"→ {shown(written)}")


def _show(batch: Batch, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(batch.document, indent=2, ensure_ascii=False))
        return
    name = batch.document.get("name")
    click.echo(f"{batch.id}  {batch.state}" + (f"  {name}" if name else ""))
    click.echo(str(batch.counts))
    eta_s = batch.document.get("eta_s")
    if isinstance(eta_s, int | float) and not batch.ended:
        click.echo(f"about {span(eta_s)} left")
