"""`packshot models`: the networks that the server's workers run, and on what; and, for operators, their versions."""

import json
from collections.abc import Mapping
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from packshot.cli.following import end_with, followed, tell_if_nobody_lives, wait_option
from packshot.cli.limits import limits_of, tell_limits
from packshot.cli.options import json_option, server_options, table_console
from packshot.cli.report import number_of
from packshot.cli.waits import asking
from packshot.model_versions import ModelVersions, OperatorModels, RefusedVersion, ServedVersion
from packshot.reading import as_document, take, take_optional


class _ListsUnlessTold(click.Group):
    """`packshot models` and `packshot models NAME` list, as they did before there were commands beside that."""

    def parse_args(self, context: click.Context, arguments: list[str]) -> list[str]:
        """Put the command `list` before what is no command's name."""
        told = arguments[0] if arguments else ""
        if told not in self.commands and told not in ("-h", "--help"):
            arguments = ["list", *arguments]
        return super().parse_args(context, arguments)


@click.group(cls=_ListsUnlessTold)
def models() -> None:
    """List the models that living workers serve, or the model NAME alone; operators choose their versions.

    \b
    packshot models [NAME]
    packshot models versions
    packshot models reload                      look for new versions in the workers' weights
    packshot models use restore 6               or: newest
    packshot models share restore 6 5%          of the jobs; 0% for those alone that ask; none to end it
    """


@models.command("list")
@click.argument("name", required=False)
@json_option
@server_options
def list_models(name: str | None, as_json: bool, url: str | None, api_key: str | None) -> None:
    """List the models that living workers serve, with their versions and digests, or the model NAME alone."""
    with asking(url, api_key) as client:
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
    console.print(f"{number_of(take(told, 'workers', int), 'workers')}, on {backends}", style="dim")
    if limits := limits_of({"models": found}):
        tell_limits(console, limits)


@models.command()
@json_option
@server_options
def versions(as_json: bool, url: str | None, api_key: str | None) -> None:
    """Tell which versions jobs take, which workers serve, and which they refused."""
    with asking(url, api_key) as client:
        _tell(client.operator.models(), as_json)


@models.command()
@wait_option
@json_option
@server_options
def reload(wait: float, as_json: bool, url: str | None, api_key: str | None) -> None:
    """Let all workers look into their weights: a newer version takes the old one's place once it is warm.

    Waits until all living workers have looked. Exit codes: 0 nothing was refused, 1 a worker refused a version, or has
    not looked yet. Where no worker lives it says so and ends with 0: who starts later looks by itself. Workers of an
    earlier release than the server cannot say when they have looked, and are not waited for.
    """
    with asking(url, api_key) as client:
        found = followed(client.operator, client.operator.reload_models(), wait)
        _tell(found, as_json)
        tell_if_nobody_lives(client, waited=wait > 0)
    end_with(found, found.refused, as_json=as_json, waited=wait > 0)


@models.command()
@click.argument("model")
@click.argument("version")
@wait_option
@json_option
@server_options
def use(model: str, version: str, wait: float, as_json: bool, url: str | None, api_key: str | None) -> None:
    """Let jobs take VERSION of MODEL, on every worker; "newest" for the newest that each has.

    Waits until all workers have followed. Exit codes: as of `reload`, for this version alone; with "newest" for all of
    the model's.
    """
    with asking(url, api_key) as client:
        found = followed(client.operator, client.operator.use_model(model, version), wait)
        _tell(found, as_json)
        tell_if_nobody_lives(client, waited=wait > 0)
    end_with(found, _refused_of(found, model, version), as_json=as_json, waited=wait > 0)


@models.command()
@click.argument("model")
@click.argument("version")
@click.argument("share", required=False, callback=lambda _context, _parameter, text: _part_of_one(text))
@json_option
@server_options
def share(model: str, version: str, share: float | None, as_json: bool, url: str | None, api_key: str | None) -> None:
    """Let a SHARE of the jobs, such as 5%, take VERSION of MODEL; VERSION "none" ends it.

    The version may come later: until a worker serves it, all jobs take what they took before.
    """
    if (version == "none") == (share is not None):
        raise click.UsageError("a share is a version and its part, such as: share restore 6 5%; or: share restore none")
    with asking(url, api_key) as client:
        found = client.operator.share_model(model, None if share is None else version, share or 0.0)
        _tell(found, as_json)
    if share is not None and not _is_served(found, model, version):
        then = "once its folder is there, `packshot models reload` has it tried"
        click.echo(f"packshot: no worker serves {model}-{version} yet; {then}", err=True)


def _is_served(found: OperatorModels, model: str, version: str) -> bool:
    return model in found.models and any(one.version == version for one in found.models[model].versions)


def _refused_of(found: OperatorModels, model: str, version: str) -> list[RefusedVersion]:
    """What of the refused is the wish's: a broken version beside the one that was named costs it nothing."""
    if version == "newest":
        return [one for one in found.refused if one.version.rpartition("-")[0] == model]
    return [one for one in found.refused if one.version == f"{model}-{version}"]


def _part_of_one(text: str | None) -> float | None:
    if text is None:
        return None
    number, sign = text.removesuffix("%"), text.endswith("%")
    try:
        part = float(number) / (100 if sign else 1)
    except ValueError:
        part = -1.0
    if not 0 <= part <= 1:
        raise click.BadParameter(f"a share is 0% to 100%, or 0 to 1; received {text!r}")
    return part


def _tell(found: OperatorModels, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(found.document, indent=2, ensure_ascii=False))
        return
    console, table = table_console(), Table(box=None, pad_edge=False)
    for column in ("Model", "Wished", "Version", "Workers", "Jobs", "SHA-256"):
        table.add_column(column, no_wrap=True, style="bold" if column == "Model" else None)
    for name, model in sorted(found.models.items()):
        wished = model.use + (f", {model.share[0]} for {percent(model.share[1])}" if model.share else "")
        for number, served in enumerate(model.versions):
            first = (escape(name), escape(wished)) if not number else ("", "")
            told = (
                escape(served.version),
                str(served.workers),
                part_of_jobs(model, served),
                escape(served.digest[:12]),
            )
            table.add_row(*first, *told)
    console.print(table)
    if found.looking:
        console.print(f"workers that have not followed the last wish yet: {found.looking}", style="dim")
    for refused in found.refused:
        console.print(
            f"{escape(refused.version)} refused on {escape(refused.host)}: {escape(refused.reason)}", style="red"
        )


def part_of_jobs(model: ModelVersions, served: ServedVersion) -> str:
    """Which part of the jobs that ask for no version takes this one: where workers differ, on how many of them."""
    shared, share = model.share or ("", 0.0)
    using = sum(each.in_use for each in model.versions)
    if served.in_use == 0:
        return percent(share) if served.version == shared else "none"
    beside = any(each.version == shared and each is not served for each in model.versions)
    part = percent(1 - share) if beside and served.version != shared else "all"
    return part if served.in_use == using else f"{part} on {served.in_use} of {using} workers"


def percent(part: float) -> str:
    """`2.5%`."""
    return f"{100 * part:.4g}%"


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
