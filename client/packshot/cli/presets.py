"""`packshot presets`: the sales channels that the server makes pictures for, and their rules."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from packshot.cli.options import json_option, server_options, table_console
from packshot.cli.waits import asking
from packshot.reading import as_document, take, take_optional


@click.command()
@click.argument("name", required=False)
@json_option
@server_options
def presets(name: str | None, as_json: bool, url: str | None, api_key: str | None) -> None:
    """List the server's sales channels and what they demand, or the channel NAME alone.

    With --json, all that is known of them, the source of their rules and how files are made.
    """
    with asking(url, api_key) as client:
        found = client.presets()
    if name is not None:
        if name not in found:
            raise click.BadParameter(f"there is no channel {name!r}; there are {', '.join(found)}")
        found = {name: found[name]}
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("Channel", style="bold", no_wrap=True)
    table.add_column("Rules", overflow="fold")
    table.add_column("Made", overflow="fold")
    for one, document in found.items():
        preset = as_document(document)
        rules, made = take(preset, "rules", dict), take(preset, "made", dict)
        table.add_row(escape(one), escape("\n".join(_rules(rules))), escape("\n".join(_made(made))))
    table_console().print(table)


def _rules(rules: Mapping[str, Any]) -> Iterator[str]:
    advice = take_optional(rules, "advice", list) or []
    yield ", ".join(map(str, take(rules, "formats", list)))
    if most := take_optional(rules, "max_bytes", int):
        yield f"at most {most / 1e6:g} MB"
    for name, bounds in rules.items():
        if isinstance(bounds, Mapping):
            yield f"{name.removesuffix('_px').replace('_', ' ')} {_bounds(bounds)}{_advised(name, advice)}"
    if rules.get("ground", "any") != "any":
        yield f"{rules['ground']} ground{_advised('ground', advice)}"


def _made(made: Mapping[str, Any]) -> Iterator[str]:
    frame, widths = take_optional(made, "frame", dict), take_optional(made, "widths", dict)
    if frame is not None:
        yield f"{take(frame, 'width', int)} × {take(frame, 'height', int)} px {take(made, 'format', str)}"
    if widths is not None:
        px, formats = (", ".join(map(str, take(widths, name, list))) for name in ("px", "formats"))
        yield f"{px} px wide, {formats}"
    ground = take(made, "ground", str)
    yield "on its own ground" if ground == "own" else f"on a {ground} ground, filled {take(made, 'fill', float):.0%}"


def _bounds(bounds: Mapping[str, Any]) -> str:
    ends = [take_optional(bounds, name, float) for name in ("least", "most")]
    return " to ".join(["" if end is None else f"{end:g}" for end in ends]).strip()


def _advised(name: str, advice: list[Any]) -> str:
    return " (advice)" if name in advice else ""
