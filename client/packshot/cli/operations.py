"""`packshot operations`: what the server can do to a photo, and with which parameters."""

import json
from collections.abc import Mapping
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from packshot.cli.options import json_option, server_options
from packshot.client import Client


@click.command()
@json_option
@server_options
def operations(as_json: bool, url: str | None, api_key: str | None) -> None:
    """List the server's operations and their parameters."""
    with Client(url, api_key) as client:
        document = client.operations()
    if as_json:
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("Operation", style="bold", no_wrap=True)
    table.add_column("Parameters", overflow="fold")
    for name, schema in _schemas(document).items():
        table.add_row(name, "\n".join(_parameters(schema)) or "[dim]none")
    Console(highlight=False).print(table)


def _schemas(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {name: schema for name, schema in document.items() if isinstance(schema, Mapping)}


def _parameters(schema: Mapping[str, Any]) -> list[str]:
    """`factor=2  2` per parameter: how to write it with its default, then what it may be."""
    required = schema.get("required", ())
    lines = []
    for name, told in schema.get("properties", {}).items():
        if name == "op":
            continue
        default = told.get("default")
        given = f"={json.dumps(default).strip(chr(34))}" if default is not None else "=…" if name in required else ""
        lines.append(f"{name}{given}  {_allowed(told, schema.get('$defs', {}))}".rstrip())
    return lines


def _allowed(told: Mapping[str, Any], parts: Mapping[str, Any]) -> str:
    """A JSON Schema's allowed values in a few characters; `parts` are the schemas that it refers to, by name."""
    if "anyOf" in told:
        return " or ".join(_allowed(one, parts) for one in told["anyOf"] if one.get("type") != "null")
    if "items" in told:
        part = parts.get(told["items"].get("$ref", "").rpartition("/")[2], told["items"])
        one = f"{{{', '.join(part['properties'])}}}" if "properties" in part else _allowed(part, parts)
        return f"a list of {one}, as JSON"
    if told.get("pattern", "").startswith("^sha256:"):
        return "@FILE, or an upload's id"
    if "const" in told:
        return json.dumps(told["const"]).strip('"')
    if "enum" in told:
        return " | ".join(json.dumps(one).strip('"') for one in told["enum"])
    bounds = [told.get("minimum"), told.get("maximum")]
    if bounds != [None, None]:
        return "..".join("" if bound is None else f"{bound:g}" for bound in bounds)
    return str(told.get("pattern", told.get("type", "")))
