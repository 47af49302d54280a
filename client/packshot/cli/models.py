"""`packshot models`: the networks that the server's workers run, and on what."""

import json
from collections.abc import Mapping
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from packshot.cli.limits import limits_of, tell_limits
from packshot.cli.options import json_option, server_options, table_console
from packshot.client import Client
from packshot.reading import as_document, take, take_optional


@click.command()
@click.argument("name", required=False)
@json_option
@server_options
def models(name: str | None, as_json: bool, url: str | None, api_key: str | None) -> None:
    """List the models that living workers serve, with their versions and digests, or the model NAME alone."""
    with Client(url, api_key) as client:
        told = client.models()
    found = take(told, "models", dict)
    if name is not None:
        if name not in found:
            raise click.BadParameter(f"there is no model {name!r}; there are {', '.join(sorted(found)) or 'none'}")
        found = {name: found[name]}
    if as_json:
        click.echo(json.dumps({**told, "models": found}, indent=2, ensure_ascii=False))
        return
    console = table_console()
    console.print(_table(found))
    backends = ", ".join(map(str, take(told, "backends", list))) or "no backend"
    console.print(f"{take(told, 'workers', int)} workers, on {backends}", style="dim")
    if limits := limits_of({"models": found}):
        tell_limits(console, limits)


def _table(found: Mapping[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("Model", "Version", "Precision", "SHA-256"):
        table.add_column(column, no_wrap=True, style="bold" if column == "Model" else None)
    for name, document in sorted(found.items()):
        model = as_document(document)
        facts = (take_optional(model, key, str) or "" for key in ("version", "precision", "digest"))
        version, precision, digest = facts
        table.add_row(escape(name), escape(version), escape(precision), escape(digest[:12]))
    return table
