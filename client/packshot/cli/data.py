"""`packshot data` and `packshot audit`: what the server holds of a tenant, and who did what with it."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from packshot.cli.numbers import Number
from packshot.cli.options import json_option, server_options, table_console
from packshot.cli.report import number_of
from packshot.cli.waits import asking
from packshot.flows.privacy import Life
from packshot.photos import shown
from packshot.privacy_models import AuditEntry, Erasure, TenantData

MOST_SHOWN = Number(1, 100_000, whole=True)
LIFE_S = Number(60, 315_360_000, whole=True)


class _LifeOption(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic from click 8.4 on
    """Seconds, or the word "default"."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Life:
        """Raises click.BadParameter for anything else."""
        return "default" if value == "default" else int(LIFE_S.convert(value, param, ctx))


LIFE = _LifeOption()


@click.command()
@click.option("--since", metavar="TIME", help="The first moment that counts, such as 2026-02-03T00:00:00Z.")
@click.option("--until", metavar="TIME", help="The first that does not.")
@click.option("--action", metavar="ACTION", help='Such as "job.erase", or "key.*".')
@click.option("--actor", metavar="ID", help="A key's id.")
@click.option("--tenant", metavar="TENANT", help="Another's log, * for the installation's; for operators.")
@click.option("-n", "most", default=50, show_default=True, type=MOST_SHOWN, metavar="N", help="How many, newest first.")
@json_option
@server_options
def audit(tenant: str | None, most: int, as_json: bool, url: str | None, api_key: str | None, **asked: Any) -> None:
    """Show who did what: keys, operators, and the service itself. With --json, each entry is a line of JSON."""
    with asking(url, api_key) as client:
        feed = client.audit(**asked) if tenant is None else client.operator.audit(tenant=tenant, **asked)
        entries = [entry for entry, _ in zip(feed, range(most), strict=False)]
    if as_json:
        for entry in entries:
            click.echo(json.dumps(asdict(entry)))
    else:
        _show(entries)


@click.group()
def data() -> None:
    """See, export and erase all that the server holds of you.

    Needs a key with the scope keys:manage, and is about that key's tenant.
    """


@data.command()
@json_option
@server_options
def show(as_json: bool, url: str | None, api_key: str | None) -> None:
    """Show how much is held, and how long it is kept."""
    with asking(url, api_key) as client:
        _tell(client.tenant(), as_json)


@data.command()
@click.option("--jobs", "retention_s", type=LIFE, metavar="S", help='Jobs and results, from their end; or "default".')
@click.option("--photos", "uploads_retention_s", type=LIFE, metavar="S", help="Photos, from their last use; likewise.")
@json_option
@server_options
def retention(
    retention_s: Life, uploads_retention_s: Life, as_json: bool, url: str | None, api_key: str | None
) -> None:
    """Keep jobs or photos for so many seconds. What is there already goes earlier where that is less, never later."""
    if retention_s is None and uploads_retention_s is None:
        raise click.UsageError("say --jobs, --photos, or both")
    with asking(url, api_key) as client:
        _tell(client.set_retention(retention_s=retention_s, uploads_retention_s=uploads_retention_s), as_json)


@data.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@json_option
@server_options
def export(file: Path, as_json: bool, url: str | None, api_key: str | None) -> None:
    """Save all that is held, photos and pictures too, as a ZIP in FILE."""
    with asking(url, api_key) as client:
        client.export(file)
    size = file.stat().st_size
    click.echo(json.dumps({"file": str(file), "bytes": size}) if as_json else f"{shown(file)}  {size:,} bytes")


@data.command()
@click.option("--keys", is_flag=True, help="Your API keys as well, the one in use among them.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@server_options
def erase(keys: bool, yes: bool, as_json: bool, url: str | None, api_key: str | None) -> None:
    """Erase all jobs, photos, pictures, batches and webhooks, for good, and wait until that is done."""
    with asking(url, api_key) as client:
        held = client.tenant()
        if not yes:
            click.echo(f"{_counted(held)} will be gone.", err=True)
            typed = click.prompt(f"Type the tenant's name ({held.tenant}) to erase them", err=True)
            if typed.strip() != held.tenant:
                raise click.UsageError(f"{typed!r} is not {held.tenant!r}: nothing was erased")
        told: list[str] = []
        receipt = client.erase_everything(held.tenant, keys=keys, on_progress=lambda now: _progress(now, told))
    if as_json:
        click.echo(json.dumps(asdict(receipt), indent=2))
    else:
        counts = ", ".join(f"{many} {what.replace('_', ' ')}" for what, many in receipt.counts.items() if many)
        click.echo(f"{receipt.id}  erased: {counts or 'nothing was there'}")


def _progress(now: Erasure, told: list[str]) -> None:
    """Each step once, and what it waits for."""
    line = "; ".join((now.step, *now.left))
    if line not in told:
        told.append(line)
        click.echo(line, err=True)


def _tell(held: TenantData, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(asdict(held), indent=2))
        return
    click.echo(f"tenant   {held.tenant}")
    click.echo(f"held     {_counted(held)}, {held.bytes:,} bytes")
    click.echo(f"jobs     kept {_life(held.retention_s, held)}")
    click.echo(f"photos   kept {_life(held.uploads_retention_s, held)}")


def _counted(held: TenantData) -> str:
    batches = "1 batch" if held.batches == 1 else f"{held.batches} batches"
    return f"{number_of(held.jobs, 'jobs')}, {number_of(held.uploads, 'photos')}, {batches}"


def _life(seconds: int | None, held: TenantData) -> str:
    return f"{held.default_s} s (the server's own)" if seconds is None else f"{seconds} s"


def _show(entries: list[AuditEntry]) -> None:
    table = Table(box=None, pad_edge=False)
    for column in ("When", "Who", "What", "Of", "Outcome", "From"):
        table.add_column(column, no_wrap=column in {"When", "What"}, overflow="fold")
    for entry in entries:
        who = " ".join(filter(None, (entry.actor_kind, entry.actor_name or entry.actor_id)))
        of = entry.subject if entry.count is None else f"{entry.subject} {entry.count}".strip()
        outcome = " ".join(filter(None, (entry.outcome, entry.problem)))
        table.add_row(*map(escape, (entry.at[:19], who, entry.action, of, outcome, entry.address)))
    table_console().print(table)
