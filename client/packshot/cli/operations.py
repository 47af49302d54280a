"""`packshot operations`: what the server can do to a photo, and with which parameters."""

import json
from collections.abc import Mapping
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from packshot.cli.limits import GENERATOR, limits_of, tell_limits
from packshot.cli.options import json_option, server_options, table_console
from packshot.cli.waits import asking
from packshot.generation import OPERATIONS
from packshot.reading import Document, take, take_optional

AS_JSON = ", as JSON"


@click.command()
@click.argument("name", required=False)
@json_option
@server_options
def operations(name: str | None, as_json: bool, url: str | None, api_key: str | None) -> None:
    """List the server's operations and their parameters, or those of the operation NAME.

    The categories and directions of `generate` and `variations` are those that the server's generator has.
    """
    with asking(url, api_key) as client:
        schemas = _chosen(client.operations(), name)
        models = {} if as_json else client.models()
    if as_json:
        click.echo(json.dumps(schemas, indent=2, ensure_ascii=False))
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("Operation", style="bold", no_wrap=True)
    table.add_column("Parameters", overflow="fold")
    for one, schema in schemas.items():
        known = _known(models, one)
        table.add_row(escape(one), escape("\n".join(_parameters(schema, known))) or "[dim]none")
    console = table_console()
    console.print(table)
    if OPERATIONS & schemas.keys():
        tell_limits(console, limits_of(models))


def _chosen(document: Mapping[str, Any], name: str | None) -> dict[str, Mapping[str, Any]]:
    """The schemas, or the one of that name. Raises click.BadParameter where there is no such operation."""
    schemas = {one: schema for one, schema in document.items() if isinstance(schema, Mapping)}
    if name is None:
        return schemas
    if name not in schemas:
        raise click.BadParameter(f"there is no operation {name!r}; there are {', '.join(schemas)}")
    return {name: schemas[name]}


def _known(document: Document, operation: str) -> dict[str, str]:
    """What the generator can be asked for by an operation, by the parameter's name; nothing where there is none."""
    generator = take_optional(take(document, "models", dict), GENERATOR, dict) or {}
    adjust = "adjust_variations" if operation == "variations" else "adjust"
    listed = {"category": "categories", "adjust": adjust}
    return {name: ", ".join(map(str, take_optional(generator, told, list) or ())) for name, told in listed.items()}


def _parameters(schema: Mapping[str, Any], known: Mapping[str, str]) -> list[str]:
    """`factor=2  2` per parameter: how to write it with its default, then what it may be.

    `known` are values that the server's models give some of them.
    """
    required = schema.get("required", ())
    lines = []
    for name, told in schema.get("properties", {}).items():
        if name == "op":
            continue
        default = told.get("default")
        written = f"={json.dumps(default).strip(chr(34))}" if default not in (None, []) else ""
        given = written or ("=…" if name in required else "")
        values = f": {known[name]}" if known.get(name) else ""
        lines.append(f"{name}{given}  {_allowed(told, schema.get('$defs', {}))}".rstrip() + values)
    return lines


def _allowed(told: Mapping[str, Any], parts: Mapping[str, Any]) -> str:
    """A JSON Schema's allowed values in a few characters; `parts` are the schemas that it refers to, by name."""
    if "anyOf" in told:
        return " or ".join(_allowed(one, parts) for one in told["anyOf"] if one.get("type") != "null")
    if "items" in told:
        return f"a list of {_allowed(told['items'], parts).removesuffix(AS_JSON)}{AS_JSON}"
    if "$ref" in told or "patternProperties" in told:
        return _object(told, parts) + AS_JSON
    if told.get("pattern", "").startswith("^sha256:"):
        return "@FILE, or an upload's id"
    if "const" in told:
        return json.dumps(told["const"]).strip('"')
    if "enum" in told:
        return " | ".join(json.dumps(one).strip('"') for one in told["enum"])
    bounds = [told.get("minimum"), told.get("maximum")]
    if bounds != [None, None]:
        return "..".join("" if bound is None else f"{bound:g}" for bound in bounds)
    if "maxLength" in told:
        return f"text of at most {told['maxLength']} letters"
    return str(told.get("pattern", "text" if told.get("type") == "string" else told.get("type", "")))


def _object(told: Mapping[str, Any], parts: Mapping[str, Any]) -> str:
    """`{x, y}` for an object with these fields, `{NAME: 0..1}` for one whose names are free."""
    part = parts.get(told.get("$ref", "").rpartition("/")[2], told)
    if "properties" in part:
        return f"{{{', '.join(part['properties'])}}}"
    return f"{{{', '.join(f'NAME: {_allowed(value, parts)}' for value in part['patternProperties'].values())}}}"
